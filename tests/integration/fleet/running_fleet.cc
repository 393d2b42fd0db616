#include "tests/integration/fleet/running_fleet.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "simulator/board/directory.h"

namespace vfleet::fleet_test {

using nlohmann::json;

RunningFleet::RunningFleet(const std::string& yaml, std::uint32_t workers, Process::Variables variables,
                           const std::vector<std::string>& control_options)
    : run_dir_(folder_ / "run"),
      shards_(workers),
      variables_(std::move(variables)),
      control_options_(control_options) {
  std::filesystem::create_directory(run_dir_);
  fleet_file_ = yaml;
  if (!yaml.ends_with(".yaml")) {
    fleet_file_ = folder_ / "fleet.yaml";
    write_file(fleet_file_, yaml);
  }
  start_control();
}

void RunningFleet::start_control(const std::vector<std::string>& more,
                                 const std::vector<std::string>& before) {
  control_.reset();
  std::filesystem::remove(run_dir_ + "/control.json");
  std::vector<std::string> words = before;
  words.insert(words.end(),
               {program("vfleet-control"), "--fleet", fleet_file_, "--run-dir", run_dir_, "--workers",
                std::to_string(shards_), "--worker-program", program("vfleet-worker")});
  words.insert(words.end(), control_options_.begin(), control_options_.end());
  words.insert(words.end(), more.begin(), more.end());
  control_ = std::make_unique<Process>(words, folder_ / "control.out", folder_ / "control.log", variables_);
  const auto serves = [&] { return std::filesystem::exists(run_dir_ + "/control.json"); };
  (void)eventually([&] { return serves() || !control_->running(); });
  EXPECT_TRUE(serves()) << control_log();
}

RunningFleet::~RunningFleet() {
  workers_.clear();
  control_.reset();
  board::remove_all(run_dir_);  // of those that were killed just now
  if (!::testing::Test::HasFailure()) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.path().extension() != ".log") continue;
    const std::string text = read_file(entry.path().string());
    GTEST_LOG_(INFO) << entry.path().filename() << "\n"
                     << text.substr(text.size() - std::min<std::size_t>(text.size(), 2000));
  }
}

Process& RunningFleet::start_worker(std::uint32_t shard, const std::vector<std::string>& more) {
  workers_.erase(shard);
  const std::string name = "worker-" + std::to_string(shard);
  std::vector<std::string> words{program("vfleet-worker"), "--run-dir", run_dir_, "--shard",
                                 std::to_string(shard)};
  words.insert(words.end(), more.begin(), more.end());
  auto worker =
      std::make_unique<Process>(words, folder_ / (name + ".out"), folder_ / (name + ".log"), variables_);
  return *(workers_[shard] = std::move(worker));
}

void RunningFleet::start_workers() {
  for (std::uint32_t shard = 0; shard < shards_; ++shard) start_worker(shard);
}

std::vector<pid_t> RunningFleet::pids() const {
  std::vector<pid_t> out;
  for (const auto& [shard, worker] : workers_) out.push_back(worker->pid());
  return out;
}

Answer RunningFleet::vfleet(std::vector<std::string> words) const {
  words.insert(words.begin(), program("vfleet"));
  words.insert(words.end(), {"--json", "--run-dir", run_dir_});
  const std::string name = folder_ / ("call-" + std::to_string(++calls_));
  Process process(words, name + ".out", name + ".err", variables_);
  Answer answer;
  answer.status = process.wait(seconds(60)).value_or(-1);
  answer.out = read_file(name + ".out");
  answer.err = read_file(name + ".err");
  answer.json = json::parse(answer.out, nullptr, false);
  return answer;
}

bool RunningFleet::come_online(std::uint64_t devices, milliseconds patience) const {
  return eventually([&] { return count(status(), "/figures/online") == devices; }, patience);
}

json RunningFleet::device(const std::string& id) const {
  const json rows = at(vfleet({"ls", id}).json, "/rows");
  return rows.is_array() && rows.size() == 1 ? rows[0] : json();
}

std::map<std::string, std::string> RunningFleet::values(const std::string& selector,
                                                        const std::string& path) const {
  std::map<std::string, std::string> out;
  const json rows = at(vfleet({"get", selector, path}).json, "/rows");
  for (const json& row : rows) out[row.value("id", "")] = row.value("values", json::object()).value(path, "");
  return out;
}

void expect_counts(const Answer& answer, int status, std::uint64_t matched, std::uint64_t applied) {
  EXPECT_EQ(answer.status, status) << answer.out << answer.err;
  EXPECT_EQ(count(answer.json, "/matched"), matched) << answer.out;
  EXPECT_EQ(count(answer.json, "/applied"), applied) << answer.out;
  EXPECT_EQ(at(answer.json, "/silent"), json::array()) << answer.out;
}

json at(const json& tree, const std::string& pointer) {
  const json::json_pointer path(pointer);
  return tree.is_object() && tree.contains(path) ? tree.at(path) : json();
}

std::uint64_t count(const json& tree, const std::string& pointer) {
  const json value = at(tree, pointer);
  return value.is_number() ? value.get<std::uint64_t>() : 0;
}

std::string group(const std::string& name, const std::string& type, int count, const std::string& uplink,
                  const std::string& more) {
  return "  - name: " + name + "\n    type: " + type + "\n    count: " + std::to_string(count) + "\n" + more +
         "    uplink: " + uplink + "\n";
}

}  // namespace vfleet::fleet_test
