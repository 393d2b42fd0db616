#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/event_loop.h"
#include "simulator/state/state_file.h"
#include "tests/bench/options.h"

namespace vfleet::bench {

/// A group as docs/control-protocol.md has it, on the null uplink. `values` is a JSON object of texts.
[[nodiscard]] std::string group_json(const std::string& name, const std::string& type, std::uint32_t count,
                                     std::uint32_t first_ordinal, const std::string& values);

/// A worker without a bus: all devices of the fleet live in it.
class WorkerInProcess {
 public:
  explicit WorkerInProcess(loop::EventLoop& loop);
  ~WorkerInProcess();

  /// Before join(): the devices' state is kept in a file made anew at `path`, which goes with this.
  void keep_state(const std::string& path);
  /// Of the state file; 0 without one.
  [[nodiscard]] std::uint64_t state_bytes() const { return state_ != nullptr ? state_->bytes() : 0; }

  /// Takes the groups in; `done` is called in a later turn, when every device lives.
  void join(const std::vector<std::string>& groups, std::function<void()> done);
  /// `set` with a patch (a JSON object) on `selector`; `done` gets how many devices took it.
  void set(const std::string& selector, const std::string& patch,
           std::function<void(std::uint64_t applied)> done);
  /// `action` with arguments (a JSON object) on `selector`; `done` gets how many devices did it.
  void act(const std::string& selector, const std::string& action, const std::string& args,
           std::function<void(std::uint64_t applied)> done);

  [[nodiscard]] fleet::Figures& figures() { return host_.shard().figures(); }
  [[nodiscard]] std::size_t devices() { return host_.shard().size(); }
  /// Of the uplinks: "bytes_sent_total".
  [[nodiscard]] std::uint64_t bytes_sent();

 private:
  void execute(bus::Verb verb, const std::string& selector, std::string args,
               std::function<void(std::uint64_t applied)> done);

  loop::EventLoop& loop_;
  std::unique_ptr<state::StateFile> state_;  // outlives the host
  device::DeviceRegistry types_;
  fleet::FleetHost host_;
  std::uint64_t seq_ = 0;
};

/// Bytes that malloc has given out and not got back.
[[nodiscard]] std::uint64_t heap_bytes();

/// Ends the program with a word when `good` is false.
void require(bool good, const std::string& what);

}  // namespace vfleet::bench
