#include "tests/integration/external/program_fleet.h"

#include <filesystem>

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

std::string yaml(std::uint16_t port, int devices, const std::vector<std::string>& program,
                 const std::string& more, const std::string& settings) {
  const std::string base = "http://127.0.0.1:" + std::to_string(port);
  // A JSON list is a YAML list. On a machine that is busy it answers late.
  const std::string patience = more.find("answer_timeout") == std::string::npos ? ", answer_timeout: 4s" : "";
  const std::string config = "    config: {external: {command: " + json(program).dump() + patience +
                             (more.empty() ? "" : ", " + more) + "}, settings: {" + settings + "}}\n";
  return "fleet: programs\ngroups:\n" +
         group("ext", "external", devices, "{http: {url: '" + base + "/ingest'}}", config);
}

}  // namespace

std::string thermometer() {
  return std::filesystem::absolute("configs/external/thermometer.py").string();
}

ProgramFleet::ProgramFleet(int devices, const std::vector<std::string>& program, const std::string& more,
                           const std::string& settings, std::uint32_t workers)
    : fleet(yaml(platform.port(), devices, program, more, settings), workers) {
  fleet.start_workers();
}

std::vector<std::string> ProgramFleet::python(const std::string& body) {
  std::string indented;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = std::min(body.find('\n', at), body.size());
    indented += "    " + body.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return {"python3", "-c",
          "import json, os, signal, sys, time\n"
          "def say(**m): print(json.dumps(m), flush=True)\n"
          "for line in iter(sys.stdin.readline, ''):\n"
          "    message = json.loads(line)\n"
          "    if message['type'] == 'ping': say(type='pong', id=message['id'])\n"
          "    if message['type'] == 'start': say(type='state', started=True)\n" +
              indented};
}

json ProgramFleet::state(const std::string& device, const std::string& name) const {
  return at(fleet.device(device), "/state/" + name);
}

pid_t ProgramFleet::pid(const std::string& device) const {
  const json number = state(device, "pid");
  return number.is_number() ? number.get<pid_t>() : 0;
}

std::uint64_t ProgramFleet::received(const std::string& report) const {
  return count(platform.figures(), "/by_type/" + report);
}

std::string ProgramFleet::reason(const Answer& answer) {
  const json text = at(answer.json, "/reasons/0/text");
  return text.is_string() ? text.get<std::string>() : answer.out + answer.err;
}

bool ProgramFleet::program_starts() const {
  return eventually([&] { return state("ext-00001", "started") == true; });
}

bool all_thermometers_speak(const RunningFleet& fleet, std::size_t devices) {
  return eventually([&] {
    std::size_t speaking = 0;
    const json rows = at(fleet.vfleet({"ls"}).json, "/rows");
    for (const json& row : rows) speaking += at(row, "/state/celsius").is_number() ? 1 : 0;
    return speaking == devices;
  });
}

bool alive(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = status.rfind(')');
  return name_end != std::string::npos && status.size() > name_end + 2 && status[name_end + 2] != 'Z';
}

}  // namespace vfleet::fleet_test
