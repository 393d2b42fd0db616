#pragma once

#include <set>
#include <string>
#include <vector>

#include "control/server/desired_state.h"
#include "control/server/fleet_view.h"
#include "simulator/config/fleet_spec.h"

namespace vfleet::control::server {

/// Paths whose value in `after` differs from the one in `before`, as far as the group itself sets them.
[[nodiscard]] std::set<std::string> changed_paths(const config::GroupSpec& before,
                                                  const config::GroupSpec& after);

/// Where rules keep a reload from having an effect: a line for each such rule, with how to drop it. `view` is
/// of the fleet after the reload.
[[nodiscard]] std::vector<std::string> held_lines(const config::FleetSpec& before,
                                                  const config::FleetSpec& after, const FleetView& view,
                                                  const DesiredState& desired);

}  // namespace vfleet::control::server
