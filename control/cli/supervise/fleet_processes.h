#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/environment.h"
#include "control/cli/output.h"
#include "control/cli/supervise/kept_process.h"
#include "control/cli/supervise/memory_watch.h"
#include "control/cli/supervise/platform_process.h"
#include "control/cli/supervise/process_keeper.h"

namespace vfleet::cli {

/// The processes of one fleet: the stand-in platform when it is asked for, control, and the workers. What
/// dies starts again, with back-off and a limit; a worker that grows past its memory limit is recycled. All
/// of them end with this object, in order when end() and end_platform() were called, else at once.
class FleetProcesses {
 public:
  struct Plan {
    std::filesystem::path run_dir;  ///< what they print goes to RUN_DIR/NAME.log
    std::filesystem::path fleet_file;
    std::size_t workers = 1;           ///< shards
    std::size_t external_workers = 0;  ///< of them, the last ones: somebody else starts their workers
    std::vector<std::string> control_args = {};  ///< more options of control, at every start
    std::vector<std::string> first_life = {};    ///< and at the first one: --fresh, --resume or none
    std::vector<std::string> worker_args = {};   ///< more options of each worker
    std::optional<PlatformPlan> platform = {};
    std::optional<std::uint64_t> worker_memory_bytes = {};  ///< resident; a worker past it is recycled
    ProcessKeeper::OnLine on_line = {};
  };

  enum class ControlState : std::uint8_t {
    starting,  ///< the process is there and not ready
    up,
    away,  ///< dead; it starts again
  };

  /// `env` and `out` outlive this; restarts are noted on `out`.
  FleetProcesses(const Environment& env, Output& out, Plan plan);
  FleetProcesses(const FleetProcesses&) = delete;
  FleetProcesses& operator=(const FleetProcesses&) = delete;

  /// Starts the stand-in, if one is planned, and waits until it listens. Fails as
  /// ProcessKeeper::wait_until_ready().
  [[nodiscard]] Outcome<void> start_platform();
  /// Where the stand-in serves its figures, from start_platform() on; empty when there is none. A stand-in
  /// that is started again has the same port.
  [[nodiscard]] std::string platform_figures() const { return platform_ ? platform_->figures() : ""; }
  /// Starts control and waits until it has announced itself. Fails like start_platform().
  [[nodiscard]] Outcome<void> start_control();
  [[nodiscard]] Outcome<void> start_workers();

  /// Takes note of what has ended or was printed, and starts again what is due. Fails when control has ended
  /// in order or one of them died too often.
  [[nodiscard]] Outcome<void> tick();
  /// The same without starting anything and without judging: while the fleet stops.
  void pump();
  /// When tick() has to be called even though nothing is readable; kNever when nothing is due.
  [[nodiscard]] TimePoint next_due() const;
  /// Readable when a process has ended or printed something.
  [[nodiscard]] std::vector<int> fds() const;

  [[nodiscard]] ControlState control_state() const { return control_state_; }
  [[nodiscard]] bool control_runs() const { return control_ && control_->runs(); }
  /// How many control processes have been ready so far.
  [[nodiscard]] std::uint64_t control_lives() const { return control_lives_; }
  /// Control ended by itself and in order: somebody asked it to.
  [[nodiscard]] bool control_stopped() const { return control_stopped_; }
  /// A control that waits for its restart starts at once (so that it can stop the fleet in order).
  void hurry_control();
  void hang_up_control() const;

  /// Ends the worker of `shard` in order and starts it again at once; waits its turn when another one is
  /// being recycled. `why` is shown: "has 2.1 GiB". False when there is no such worker.
  bool recycle(std::size_t shard, const std::string& why);

  /// Worker processes that died and were started again; recycled ones do not count.
  [[nodiscard]] std::size_t restarts() const { return restarts_; }
  [[nodiscard]] std::size_t recycled() const { return recycled_; }
  [[nodiscard]] std::size_t platform_restarts() const { return platform_ ? platform_->restarts() : 0; }
  /// How long no control was there, until `now`.
  [[nodiscard]] Duration control_away(TimePoint now) const;

  /// Ends workers and control as ProcessKeeper::end(), kills those that run even then, and returns how many
  /// had to be killed.
  std::size_t end(bool at_once = false);
  /// The stand-in, in the same way.
  std::size_t end_platform(bool at_once = false);

 private:
  struct Worker {
    explicit Worker(std::unique_ptr<KeptProcess> its_process) : process(std::move(its_process)) {}
    std::unique_ptr<KeptProcess> process;
    MemoryWatch memory;
    TimePoint recycle_until = kNever;  // being recycled: when its patience is over; else kNever
  };

  [[nodiscard]] Outcome<void> spawn_control(const std::vector<std::string>& life);
  [[nodiscard]] Outcome<void> spawn_worker(std::size_t shard);
  [[nodiscard]] bool control_is_ready() const;
  [[nodiscard]] Outcome<void> keep_control(TimePoint now);
  [[nodiscard]] Outcome<void> control_died(const Exit& ended, TimePoint now);
  [[nodiscard]] Outcome<void> keep_worker(std::size_t shard, TimePoint now);
  void watch_memory(TimePoint now);
  void recycle_next(TimePoint now);
  void drain();

  /// Control and the workers.
  [[nodiscard]] ProcessKeeper::Processes fleet() const;
  /// With the stand-in.
  [[nodiscard]] ProcessKeeper::Processes all() const;

  const Environment& env_;
  Plan plan_;
  const ProcessKeeper keeper_;  // outlives the processes
  std::optional<PlatformProcess> platform_;
  std::unique_ptr<KeptProcess> control_;
  std::vector<Worker> workers_;

  ControlState control_state_ = ControlState::starting;
  bool control_stopped_ = false;
  std::uint64_t control_lives_ = 0;
  TimePoint away_since_ = kNever;
  Duration away_{};

  std::deque<std::size_t> to_recycle_;
  TimePoint recycle_pause_until_{};
  TimePoint look_at_memory_{};
  TimePoint next_complaint_{};

  std::size_t restarts_ = 0;
  std::size_t recycled_ = 0;
  std::size_t killed_ = 0;  // while recycling
};

}  // namespace vfleet::cli
