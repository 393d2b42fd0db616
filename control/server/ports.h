#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "simulator/bus/messages.h"
#include "simulator/config/fleet_spec.h"
#include "simulator/core/result.h"

namespace vfleet::control::server {

/// What the controller needs of the world. Nothing here blocks but load_fleet().
class Ports {
 public:
  virtual ~Ports() = default;
  virtual void publish(std::string_view topic, const std::string& body) = 0;
  /// Lost when the worker is not connected: it will ask again.
  virtual void to_worker(std::uint32_t shard, const bus::ToWorker& message) = 0;
  virtual void to_operator(const std::string& identity, const std::string& frame) = 0;
  /// Gets a document over HTTP, within 2 s; `done` is called once, later.
  virtual void fetch(const std::string& url, std::function<void(Result<std::string>)> done) = 0;
  /// Reads a fleet file whole. Errors: invalid_argument, with every mistake, a line each.
  [[nodiscard]] virtual Result<config::FleetSpec> load_fleet(const std::string& file) = 0;
};

}  // namespace vfleet::control::server
