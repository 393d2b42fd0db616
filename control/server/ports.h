#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/bus/messages.h"
#include "simulator/config/fleet_spec.h"
#include "simulator/core/result.h"

namespace vfleet::control::server {

/// What reading a fleet file gave.
struct LoadedFleet {
  Result<config::FleetSpec> fleet;  ///< errors: invalid_argument, with every mistake, a line each
  std::vector<std::string> files;   ///< the ones that were read, or should have been: fleet, profiles, devices
};

/// What the controller needs of the world. Nothing here blocks.
class Ports {
 public:
  virtual ~Ports() = default;
  virtual void publish(std::string_view topic, const std::string& body) = 0;
  /// Lost when the worker is not connected: it will ask again.
  virtual void to_worker(std::uint32_t shard, const bus::ToWorker& message) = 0;
  /// Looks again at which keys are admitted.
  virtual void reread_keys() {}
  virtual void to_operator(const std::string& identity, const std::string& frame) = 0;
  /// Gets a document over HTTP, within 2 s; `done` is called once, later.
  virtual void fetch(const std::string& url, std::function<void(Result<std::string>)> done) = 0;
  /// Runs `work`, which may block on a file, elsewhere and then, later, `done` here; in the order of the calls.
  virtual void off_loop(std::function<void()> work, std::function<void()> done) {
    work();
    done();
  }
  /// Reads a fleet file with all that it names; `done` is called once, later.
  virtual void load_fleet(const std::string& file, std::function<void(LoadedFleet)> done) = 0;
};

}  // namespace vfleet::control::server
