#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "control/cli/client.h"
#include "control/cli/environment.h"
#include "control/cli/output.h"
#include "control/cli/render/figures.h"
#include "control/cli/render/summary.h"
#include "control/cli/supervise/fleet_processes.h"

namespace vfleet::cli {

/// Watches over a fleet whose processes were started: asks control how it goes, shows that, restarts workers,
/// until it has to end; then stops it. One thread, which waits for signals, control and processes at once.
class FleetRun {
 public:
  enum class Ending : std::uint8_t {
    time_over,        ///< `run_for` has passed
    interrupted,      ///< SIGINT or SIGTERM
    control_stopped,  ///< somebody asked control to stop
    failed,
  };

  struct Plan {
    std::uint64_t devices = 0;
    std::optional<Duration> run_for;  ///< from the moment all devices are online
    /// Gives up when no further device came online for so long; Duration::max() waits for ever.
    Duration patience = Duration::max();
    std::function<void(Duration start)> on_online;  ///< called once, when all devices are
  };

  /// All of them outlive this.
  FleetRun(const Environment& env, Output& out, FleetProcesses& processes, Client& client, Plan plan);

  [[nodiscard]] Ending watch();
  /// Why watch() failed.
  [[nodiscard]] const Failure& failure() const { return failure_; }

  /// Stops what still runs: control's stop verb, then signals. A signal that arrives meanwhile kills at once.
  /// `ending` is what watch() said.
  void stop(Ending ending);

  /// start, run, online, figures, utilisation, restarts and killed, once stop() is over.
  [[nodiscard]] const RunRecord& record() const { return record_; }
  /// The platform's figures as control saw them after the stop; no object when it did not.
  [[nodiscard]] const nlohmann::json& platform() const { return platform_; }

 private:
  void on_status(const nlohmann::json& status);
  void show_start(const nlohmann::json& status, std::uint64_t online);

  const Environment& env_;
  Output& out_;
  FleetProcesses& processes_;
  Client& client_;
  Plan plan_;
  Failure failure_;
  RunRecord record_;
  nlohmann::json platform_;
  RateLine rate_;
  BusiestSpan busiest_;
  TimePoint began_;
  TimePoint online_at_ = kNever;
  TimePoint last_status_ = kNever;
  std::uint64_t online_ = 0;
  TimePoint progress_at_;
  std::uint64_t shown_ = 0;
  TimePoint shown_at_ = kNever;
};

}  // namespace vfleet::cli
