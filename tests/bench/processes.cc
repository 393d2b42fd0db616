#include "tests/bench/processes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "simulator/board/directory.h"
#include "tests/bench/worker_in_process.h"

namespace vfleet::bench {

using namespace std::chrono_literals;
using nlohmann::json;

Processes::Processes(std::filesystem::path bin_dir, const std::string& yaml, unsigned workers)
    : bin_(std::move(bin_dir)), workers_(workers) {
  std::string name = (std::filesystem::temp_directory_path() / "vfleet-bench-XXXXXX").string();
  require(::mkdtemp(name.data()) != nullptr, "no run directory");
  dir_ = name;
  std::ofstream(dir_ / "fleet.yaml") << yaml;
  spawn("vfleet-control",
        {"--fleet", (dir_ / "fleet.yaml").string(), "--run-dir", dir_.string(), "--workers",
         std::to_string(workers)},
        "control.log");
  const TimePoint limit = clock_.now() + 20s;
  while (!std::filesystem::exists(dir_ / "control.json")) {
    require(clock_.now() < limit, "control does not come up, see " + dir_.string());
    wait_ms(5);
  }
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvtimeo, 20'000);
  socket_.connect("ipc://" + (dir_ / "operator.sock").string());
}

Processes::~Processes() {
  for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
  for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  board::remove_all(dir_.string());  // of the workers that were killed just now
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

pid_t Processes::spawn(const std::string& program, const std::vector<std::string>& args,
                       const std::string& log) {
  const std::string path = (bin_ / program).string();
  const std::string log_path = (dir_ / log).string();
  std::vector<char*> words = {const_cast<char*>(path.c_str())};
  for (const std::string& arg : args) words.push_back(const_cast<char*>(arg.c_str()));
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  require(pid >= 0, "cannot fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(fd, STDOUT_FILENO);
    ::dup2(fd, STDERR_FILENO);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  pids_.push_back(pid);
  return pid;
}

pid_t Processes::start_worker(unsigned shard) {
  return spawn("vfleet-worker", {"--run-dir", dir_.string(), "--shard", std::to_string(shard)},
               "worker-" + std::to_string(shard) + ".log");
}

void Processes::wait_ms(int ms) {
  zmq::pollitem_t nothing{nullptr, -1, 0, 0};
  zmq::poll(&nothing, 0, std::chrono::milliseconds(ms));
}

std::string Processes::send(const std::string& verb, const std::string& args) {
  std::string id = std::to_string(::getpid()) + "-" + std::to_string(++calls_);
  const std::string request = R"({"v":1,"id":")" + id + R"(","verb":")" + verb + R"(","args":)" + args + "}";
  socket_.send(zmq::buffer(request), zmq::send_flags::none);
  return id;
}

json Processes::call(const std::string& verb, const std::string& args) {
  const std::string id = send(verb, args);
  for (;;) {
    zmq::message_t frame;
    require(socket_.recv(frame).has_value(), verb + ": no answer, see " + dir_.string());
    json answer = json::parse(frame.to_string_view(), nullptr, false);
    if (!answer.is_object() || answer.value("id", "") != id) continue;
    const std::string kind = answer.value("kind", "");
    require(kind != "error", verb + ": " + frame.to_string());
    if (kind == "result") return answer;
  }
}

void Processes::call_many(const std::string& verb, std::uint64_t times, std::uint64_t ahead,
                          const std::function<std::string(std::uint64_t)>& args,
                          const std::function<bool(const json&)>& good) {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  while (answered < times) {
    while (sent < times && sent - answered < ahead) send(verb, args(sent++));
    zmq::message_t frame;
    require(socket_.recv(frame).has_value(), verb + ": no answer, see " + dir_.string());
    const json answer = json::parse(frame.to_string_view(), nullptr, false);
    const std::string kind = answer.is_object() ? answer.value("kind", "") : "";
    require(kind != "error", verb + ": " + frame.to_string());
    if (kind != "result") continue;
    require(good(answer), verb + ": " + frame.to_string());
    ++answered;
  }
}

void Processes::wait_live(std::uint64_t devices) {
  const TimePoint limit = clock_.now() + 60s;
  for (;;) {
    const json status = call("status", "{}");
    std::uint64_t online = 0;
    unsigned live = 0;
    for (const json& shard : status["shards"]) {
      live += shard.value("state", "") == "live" ? 1 : 0;
      online += shard.value("online", std::uint64_t{0});
    }
    if (live == workers_ && online >= devices) return;
    require(clock_.now() < limit, "the workers do not come up, see " + dir_.string() + ": " + status.dump());
    wait_ms(1);
  }
}

std::uint64_t Processes::rss_bytes(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::filesystem::path bin_dir(int argc, char** argv) {
  const std::string given = option(argc, argv, "--bin-dir", "");
  if (!given.empty()) return given;
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().parent_path() / "bin";
}

}  // namespace vfleet::bench
