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
#include "control/cli/supervise/note_forwarder.h"

namespace vfleet::cli {

/// Watches over a fleet whose processes were started: asks control how it goes, shows that, restarts what
/// dies, hands over what they print, until it has to end; then stops it. One thread, which waits for signals,
/// control and processes at once. Control may be away for a while: what it did not answer is asked again.
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
    std::function<void()> on_recycle;               ///< SIGUSR1: somebody wants a worker recycled
  };

  /// All of them outlive this.
  FleetRun(const Environment& env, Output& out, FleetProcesses& processes, Client& client,
           NoteForwarder& notes, Plan plan);

  [[nodiscard]] Ending watch();
  /// Why watch() failed.
  [[nodiscard]] const Failure& failure() const { return failure_; }

  /// Stops workers and control: control's stop verb (a control that waits for its restart starts for that),
  /// then signals. A signal that arrives meanwhile kills at once. `ending` is what watch() said. Returns
  /// whether there was such a signal.
  bool stop(Ending ending);

  /// What is known of the run, once stop() is over; all but the platform's figures.
  [[nodiscard]] const RunRecord& record() const { return record_; }
  /// The platform's figures as control saw them after the stop; no object when it did not.
  [[nodiscard]] const nlohmann::json& platform() const { return platform_; }

 private:
  void serve();
  void on_control_life();
  /// What control has to say without being asked: warnings, what a saved file changed.
  void show_notice(const nlohmann::json& notice);
  void on_status(const nlohmann::json& status);
  void on_platform(const nlohmann::json& figures);
  void show_start(const nlohmann::json& status, std::uint64_t online);
  void say_why_offline(const nlohmann::json& figures);
  [[nodiscard]] bool wait_for_control();
  [[nodiscard]] bool ask_to_stop();
  [[nodiscard]] bool told_to_hurry();

  const Environment& env_;
  Output& out_;
  FleetProcesses& processes_;
  Client& client_;
  NoteForwarder& notes_;
  Plan plan_;
  Failure failure_;
  RunRecord record_;
  nlohmann::json platform_;
  RateLine rate_;
  BusiestSpan busiest_;
  TimePoint began_;
  TimePoint online_at_ = kNever;
  TimePoint last_status_ = kNever;
  TimePoint next_ask_;
  std::uint64_t last_notice_ = 0;  // the last one that was shown
  std::uint64_t online_ = 0;
  std::uint64_t expected_ = 0;  // devices
  TimePoint progress_at_;
  TimePoint told_offline_at_ = kNever;
  std::uint64_t shown_ = 0;
  TimePoint shown_at_ = kNever;
  std::uint64_t control_life_ = 0;
  TimePoint life_began_{};
  bool connected_ = false;
  bool all_live_ = false;  // this control knows of all workers
  std::uint64_t platform_started_us_ = 0;
  std::string stop_id_;
  std::optional<nlohmann::json> stopped_;  // the answer to the stop
};

}  // namespace vfleet::cli
