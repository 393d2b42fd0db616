#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "simulator/config/schema.h"
#include "simulator/core/result.h"

namespace vfleet::child {
class Launcher;
}
namespace vfleet::loop {
class EventLoop;
}

namespace vfleet::device {

class Device;

enum class LogLevel : std::uint8_t { debug, info, warn, error };

/// What a type may need of its process beside its devices. All of it outlives the type; null: there is none.
struct TypeEnvironment {
  loop::EventLoop* loop = nullptr;
  child::Launcher* launcher = nullptr;
  std::function<void(LogLevel level, std::string_view device, std::string_view text)> log;
};

struct FieldDescription {
  std::string name;
  std::string type;  ///< number, text, boolean, object, list
  std::string unit;  ///< empty when none
  std::string doc;
};

/// A message that a device sends up.
struct ReportDescription {
  std::string name;
  std::string doc;
  bool scheduled = false;    ///< has a schedule under reports.NAME
  bool per_channel = false;  ///< one for each connector or camera channel
  std::vector<FieldDescription> fields;
};

/// Something the model can undergo.
struct ActionDescription {
  std::string name;
  std::string doc;
  bool durable = false;           ///< fault, clear: holds for workers that come later
  std::vector<config::Key> args;  ///< flat paths, described like configuration keys
  /// Durable ones: the action that takes this one back (fault: clear), so that a rollback can. Arguments that
  /// both have say what of it; the other's defaults mean everything. Empty: nothing takes it back.
  std::string undone_by;
  /// The state that shows that it holds: it is then other than "none" or "false". Empty: no state does.
  std::string shown_by;
};

/// What `state.NAME` selects on and `vfleet get` shows.
struct StateDescription {
  std::string name;
  std::string doc;
  std::vector<std::string> choices;  ///< empty: free text or a number
};

/// A device type describes itself: control knows types only by this.
struct TypeDescription {
  std::string name;
  std::string doc;
  std::vector<ReportDescription> reports;  ///< a report's index here is its ReportIndex; at most 255
  std::vector<ActionDescription> actions;
  std::vector<StateDescription> states;
  /// Reports, actions and states that are not described here may exist too: the device decides.
  bool open = false;
  config::Schema schema;  ///< of the profile, uplinks not included

  [[nodiscard]] int report_index(std::string_view name) const;  ///< -1 when unknown
  [[nodiscard]] const ActionDescription* action(std::string_view name) const;
};

[[nodiscard]] nlohmann::json to_json(const TypeDescription& type);

/// The typed, immutable configuration that devices share. Each type derives its own from this.
class DeviceConfig {
 public:
  virtual ~DeviceConfig() = default;
};

/// A device type. One object a process, alive as long as the registry.
class DeviceType {
 public:
  virtual ~DeviceType() = default;
  [[nodiscard]] virtual const TypeDescription& description() const = 0;
  /// Errors: invalid_argument, with every mistake across keys.
  [[nodiscard]] virtual Result<std::unique_ptr<const DeviceConfig>> build(const config::Values& values) const = 0;
  /// Whether devices so configured can use an uplink of kind `uplink`. Errors: invalid_argument, with what to
  /// choose instead.
  [[nodiscard]] virtual Status suits(const DeviceConfig& /*config*/, std::string_view /*uplink*/) const {
    return {};
  }
  /// `seed` is the fleet's, `identity` a hash of the device's id: the labels of its random streams.
  [[nodiscard]] virtual std::unique_ptr<Device> make(std::uint64_t seed, std::uint64_t identity,
                                                     const DeviceConfig& config) const = 0;
  /// The worker ends: what the type runs beside its devices ends in order; then `done` is called, now or later.
  virtual void stop(std::function<void()> done) const { done(); }
  /// What Device::save() writes at most in ordinary use: so much is reserved for each device when the worker
  /// starts. 0: its devices keep nothing.
  [[nodiscard]] virtual std::size_t state_bytes(const DeviceConfig& /*config*/) const { return 0; }
};

/// The name of a report, action or state of an open type: 1 to 64 of a-z A-Z 0-9 - _ .
[[nodiscard]] bool valid_open_name(std::string_view name);

class DeviceRegistry {
 public:
  void add(std::unique_ptr<DeviceType> type);
  [[nodiscard]] const DeviceType* find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::unique_ptr<DeviceType>>& types() const { return types_; }

 private:
  std::vector<std::unique_ptr<DeviceType>> types_;
};

}  // namespace vfleet::device
