#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/fleet_spec.h"

/// A device's effective configuration: defaults < profile < fleet file < devices file < rules made at run
/// time. The later layer wins.
namespace vfleet::config {

/// What rules set on a device, folded: the last value of each path and the revision that set it.
struct Overlay {
  Values values;
  std::map<std::string, std::uint64_t, std::less<>> revisions;

  void set(std::string path, Value value, std::uint64_t revision);
  void unset(std::string_view path);

  friend bool operator==(const Overlay&, const Overlay&) = default;
};

/// The layers of one device. Everything is borrowed for the time of the call; null layers are left out.
struct Layers {
  const Schema& schema;
  const GroupSpec* group = nullptr;
  const DeviceRow* row = nullptr;
  const Overlay* overlay = nullptr;
};

/// The value of every key of the schema.
[[nodiscard]] Values effective_values(const Layers& layers);

/// Those below `prefix`, without it: "uplink.http" gives url, connections, ...
[[nodiscard]] Values below(const Values& values, std::string_view prefix);

/// The value of `path` that is in force; null when the schema has no such key. Lives as long as the layers.
[[nodiscard]] const Value* effective_value(const Layers& layers, std::string_view path);

struct Explained {
  std::string path;
  std::string value;   ///< text, secrets masked
  std::string source;  ///< "default", "profile profiles/dc.yaml", "fleet file", "devices file", "revision 17"
  friend bool operator==(const Explained&, const Explained&) = default;
};

/// Each layer that sets `path`, lowest first: the last one is in force. `path` may be a section, or empty for
/// every key; an unknown one gives nothing.
[[nodiscard]] std::vector<Explained> explain(const Layers& layers, std::string_view path);

}  // namespace vfleet::config
