#pragma once

#include <string>
#include <vector>

#include "simulator/config/fleet_spec.h"

namespace vfleet::config {

/// What a reload would do.
struct FleetDiff {
  /// For people: "group pile: reports.heartbeat.every 30s -> 2s", "group cam: added, 400 devices".
  std::vector<std::string> lines;
  /// Names of groups, in the order of the files.
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
  /// Those of `lines` that a running fleet cannot follow (seed, name, type of a group, keys with effect
  /// `fleet`).
  std::vector<std::string> refused;

  [[nodiscard]] bool empty() const { return lines.empty(); }
};

/// Compares what holds in effect: a value that moves from the profile to the fleet file is no change.
/// Ordinals do not count. Secrets stay masked.
[[nodiscard]] FleetDiff diff(const FleetSpec& before, const FleetSpec& after, const Catalogue& catalogue);

}  // namespace vfleet::config
