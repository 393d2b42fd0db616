#pragma once

#include <string_view>

#include "simulator/config/fleet_spec.h"
#include "simulator/config/threshold.h"

namespace vfleet::config {

/// Adds what devices of `type` send and the uplink they use.
void add_names(MeasureNames& names, std::string_view type, std::string_view uplink,
               const Catalogue& catalogue);

/// Of all groups.
[[nodiscard]] MeasureNames measure_names(const FleetSpec& fleet, const Catalogue& catalogue);

}  // namespace vfleet::config
