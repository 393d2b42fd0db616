#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/fleet/process.h"

namespace vfleet::fleet_test {

/// What a run of `vfleet VERB ... --json` gave.
struct Answer {
  int status = -1;
  nlohmann::json json;  ///< discarded when standard output was no JSON document
  std::string out;
  std::string err;
};

/// A control process and its workers over a fleet file, all real, in a run directory of their own.
class RunningFleet {
 public:
  /// Writes `yaml` as the fleet file, or takes the file when it is a path (ends in ".yaml"). Starts control
  /// and waits until it can be reached; no worker yet.
  /// `control_options` are more words for vfleet-control.
  RunningFleet(const std::string& yaml, std::uint32_t workers, Process::Variables variables = {},
               const std::vector<std::string>& control_options = {});
  /// Reads what the processes logged when the test has failed.
  ~RunningFleet();
  RunningFleet(const RunningFleet&) = delete;
  RunningFleet& operator=(const RunningFleet&) = delete;

  /// Starts control again, which is killed if it still lives, and waits until it can be reached. `more` is added
  /// to its arguments, `before` put before them ("sh", "-c", ...).
  void start_control(const std::vector<std::string>& more = {}, const std::vector<std::string>& before = {});
  /// Starts the worker of this shard (again); `more` is added to its arguments.
  Process& start_worker(std::uint32_t shard, const std::vector<std::string>& more = {});
  void start_workers();
  [[nodiscard]] Process& control() { return *control_; }
  [[nodiscard]] Process& worker(std::uint32_t shard) { return *workers_.at(shard); }
  [[nodiscard]] std::vector<pid_t> pids() const;

  /// Runs the real `vfleet` with --json and --run-dir.
  [[nodiscard]] Answer vfleet(std::vector<std::string> words) const;
  /// The `status` document.
  [[nodiscard]] nlohmann::json status() const { return vfleet({"status"}).json; }
  /// Waits until exactly so many devices are online.
  [[nodiscard]] bool come_online(std::uint64_t devices, milliseconds patience = seconds(60)) const;
  /// The only row of `ls DEVICE`; null when there is none.
  [[nodiscard]] nlohmann::json device(const std::string& id) const;
  /// What `get SELECTOR PATH` says, by device.
  [[nodiscard]] std::map<std::string, std::string> values(const std::string& selector,
                                                          const std::string& path) const;

  [[nodiscard]] std::string socket(const std::string& name) const { return run_dir_ + "/" + name; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] const std::string& fleet_file() const { return fleet_file_; }
  /// What the worker wrote by itself, and the fleet's log, where its lines go while control is there.
  [[nodiscard]] std::string worker_log(std::uint32_t shard) const {
    return read_file(folder_ / ("worker-" + std::to_string(shard) + ".log")) +
           read_file(run_dir_ + "/logs/fleet.log");
  }
  [[nodiscard]] std::string control_log() const { return read_file(folder_ / "control.log"); }

 private:
  TempDir folder_;
  std::string run_dir_;
  std::string fleet_file_;
  std::uint32_t shards_;
  Process::Variables variables_;
  std::vector<std::string> control_options_;
  std::unique_ptr<Process> control_;
  std::map<std::uint32_t, std::unique_ptr<Process>> workers_;
  mutable int calls_ = 0;
};

/// Checks the counts of a command's result.
void expect_counts(const Answer& answer, int status, std::uint64_t matched, std::uint64_t applied);

/// A member of an object by its path of names; null when it is not there.
[[nodiscard]] nlohmann::json at(const nlohmann::json& tree, const std::string& pointer);
/// The same as a number, 0 when it is not there.
[[nodiscard]] std::uint64_t count(const nlohmann::json& tree, const std::string& pointer);

/// One group of a fleet file. `more` is put below the group as it is, with four spaces.
[[nodiscard]] std::string group(const std::string& name, const std::string& type, int count,
                                const std::string& uplink, const std::string& more = {});

}  // namespace vfleet::fleet_test
