#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/environment.h"
#include "control/cli/output.h"
#include "control/cli/supervise/child.h"
#include "control/cli/supervise/restart_policy.h"

namespace vfleet::cli {

/// The processes of one fleet: control and its workers. A worker that dies starts again, control does not.
/// All of them end with this object, in order when end() was called, else at once.
class FleetProcesses {
 public:
  struct Plan {
    std::filesystem::path run_dir;  ///< logs go to RUN_DIR/NAME.log
    std::filesystem::path fleet_file;
    std::size_t workers = 1;
  };

  /// `env` and `out` outlive this; restarts are noted on `out`.
  FleetProcesses(const Environment& env, Output& out, Plan plan);

  /// Starts control and waits until it has announced itself (10 s). Fails with the end of its log when it
  /// does not, with interrupted on SIGINT and SIGTERM.
  [[nodiscard]] Outcome<void> start_control();
  [[nodiscard]] Outcome<void> start_workers();

  /// Takes note of what has ended and starts again what is due. Fails when control has ended or a worker
  /// died too often.
  [[nodiscard]] Outcome<void> tick();
  /// When tick() has to be called even though nothing is readable; kNever when nothing is due.
  [[nodiscard]] TimePoint next_due() const;
  /// Readable when a process has ended.
  [[nodiscard]] std::vector<int> fds() const;
  /// Control ended by itself and in order: somebody asked it to.
  [[nodiscard]] bool control_stopped() const;
  /// Worker processes that were started again.
  [[nodiscard]] std::size_t restarts() const { return restarts_; }

  void hang_up_control() const;
  /// Waits a second for those that end by themselves, sends SIGTERM, waits a second, sends SIGKILL. A signal
  /// that arrives meanwhile, or `at_once`, goes straight to SIGKILL. Returns how many had to be killed.
  std::size_t end(bool at_once = false);

 private:
  struct Worker {
    std::string name;
    std::optional<Child> child;
    RestartPolicy policy;
    TimePoint start_at = kNever;
  };

  [[nodiscard]] Outcome<Child> spawn(const std::string& program, const std::string& name,
                                     std::vector<std::string> args) const;
  [[nodiscard]] Outcome<void> start(std::size_t worker);
  [[nodiscard]] std::filesystem::path log_of(const std::string& name) const;
  enum class Wait : std::uint8_t { all_ended, time_over, interrupted };
  [[nodiscard]] Wait wait_for_all(Duration limit);
  [[nodiscard]] std::vector<Child*> running();

  const Environment& env_;
  Output& out_;
  Plan plan_;
  std::optional<Child> control_;
  std::vector<Worker> workers_;
  std::size_t restarts_ = 0;
};

}  // namespace vfleet::cli
