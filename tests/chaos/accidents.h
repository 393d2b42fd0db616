#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/ground.h"
#include "tests/chaos/relay.h"
#include "tests/chaos/sink.h"
#include "tests/integration/fleet/process.h"

namespace vfleet::chaos {

/// The fleet's processes, and what befalls them: killed, frozen, cut off, and put right some time later.
class Accidents {
 public:
  explicit Accidents(Ground& ground);

  /// False, and a violation: the fleet did not come online.
  [[nodiscard]] bool start();
  /// Something happens to one of them, perhaps nothing; returns whether control is in trouble by it.
  [[nodiscard]] bool strike(Time now);
  /// Puts right what is due; returns whether control ended by itself.
  [[nodiscard]] bool repair(Time now);
  /// Nothing is left to be put right.
  [[nodiscard]] bool all_well() const;
  /// Whether operators can have been answered by control ever since it came back.
  [[nodiscard]] bool control_is_well(Time now) const {
    return control_well_since_ != kNotWell && now >= control_well_since_;
  }

  /// What the program `vfleet` says, with --json; discarded JSON when it says nothing.
  [[nodiscard]] nlohmann::json vfleet(std::vector<std::string> words);
  [[nodiscard]] bool control_ended_in_order();
  [[nodiscard]] std::string operator_endpoint() const { return "ipc://" + run_dir_ + "/operator.sock"; }
  [[nodiscard]] const Sink& sink() const { return sink_; }

 private:
  struct Worker {
    std::unique_ptr<fleet_test::Process> process;
    std::vector<std::string> endpoints;
    std::vector<std::unique_ptr<Relay>> cables;
    std::optional<Time> start_at;     // dead: comes back then
    std::optional<Time> continue_at;  // frozen
    std::optional<Time> mend_at;      // cut off
    int lives = 0;
    [[nodiscard]] bool well() const { return !start_at && !continue_at && !mend_at; }
  };
  static constexpr Time kNotWell = Time::max();

  void write_fleet_file();
  void start_control();
  void start_worker(std::uint32_t shard);
  [[nodiscard]] std::string tail(const std::string& file) const;
  [[nodiscard]] std::uint64_t online();
  [[nodiscard]] bool strike_control(Time now);
  void repair_worker(std::uint32_t shard, Time now);

  Ground& ground_;
  fleet_test::TempDir folder_;
  std::string run_dir_ = folder_ / "run";
  std::string fleet_file_ = folder_ / "fleet.yaml";
  Sink sink_;
  std::vector<Worker> workers_;
  std::unique_ptr<fleet_test::Process> control_;
  int control_lives_ = 0;
  std::optional<Time> control_start_at_;
  std::optional<Time> control_continue_at_;
  Time control_well_since_ = kNotWell;
};

}  // namespace vfleet::chaos
