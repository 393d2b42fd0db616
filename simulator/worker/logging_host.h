#pragma once

#include <functional>

#include "simulator/bus/worker_host.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/worker/state_keeping.h"
#include "simulator/worker/worker_log.h"

namespace vfleet::worker {

/// The host of a fleet, with a word in the log for what control asks, and state kept for its devices.
class LoggingHost final : public bus::WorkerHost {
 public:
  /// Everything given outlives this. `unable` is called when the state cannot be kept: without it the devices
  /// do not go on.
  LoggingHost(fleet::FleetHost& host, WorkerLog& log, StateKeeping& state,
              std::function<void(const Error&)> unable)
      : host_(host), log_(log), state_(state), unable_(std::move(unable)) {}

  void snapshot_begin(const bus::Assignment& assignment) override;
  void snapshot_groups(const std::vector<std::string>& groups) override { host_.snapshot_groups(groups); }
  void snapshot_rules(std::vector<bus::Command> rules) override { host_.snapshot_rules(std::move(rules)); }
  void snapshot_end(std::function<void()> done) override;
  void execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done) override;
  void query(std::uint64_t id, std::string_view name, std::string_view selector, std::string_view args,
             bus::QueryReply reply) override {
    host_.query(id, name, selector, args, std::move(reply));
  }
  void cancel_query(std::uint64_t id) override { host_.cancel_query(id); }
  [[nodiscard]] std::string statistics() override;
  void stop(std::function<void()> done) override;

 private:
  fleet::FleetHost& host_;
  WorkerLog& log_;
  StateKeeping& state_;
  std::function<void(const Error&)> unable_;
};

}  // namespace vfleet::worker
