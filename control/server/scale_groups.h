#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulator/config/fleet_spec.h"
#include "simulator/core/result.h"

/// How many devices groups have: what the fleet file says, or what `vfleet scale` said over it.
namespace vfleet::control::server {

/// Sets the counts in `fleet`. Errors: invalid_argument, when a group is unknown, lists its devices, or gets
/// ids that cannot be or that another group has.
[[nodiscard]] Status scale_groups(config::FleetSpec& fleet,
                                  const std::map<std::string, std::optional<std::uint64_t>>& counts);

/// What `scale` said holds over a file that was read again: gives `next` the counts that `before` was scaled
/// to. Returns a line for each group whose file says another number than before, with how to let it.
std::vector<std::string> keep_scaled(const config::FleetSpec& before, config::FleetSpec& next);

/// Names of groups whose file count alone is different: a reload must tell it.
[[nodiscard]] std::vector<std::string> only_file_count_changed(const config::FleetSpec& before,
                                                               const config::FleetSpec& next);

/// What becomes of one group, for people; empty when nothing does.
[[nodiscard]] std::string scale_line(const config::GroupSpec& before, const config::GroupSpec& after);

}  // namespace vfleet::control::server
