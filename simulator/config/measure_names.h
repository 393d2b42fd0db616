#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/fleet_spec.h"
#include "simulator/config/threshold.h"

namespace vfleet::config {

/// What exists in a fleet, to check names against.
struct MeasureNames {
  std::vector<std::string> uplinks;
  std::vector<std::string> reports;  ///< TYPE.REPORT
  bool any_report = false;           ///< a type whose reports are not known before it runs
};

/// Adds what devices of `type` send and the uplink they use.
void add_names(MeasureNames& names, std::string_view type, std::string_view uplink,
               const Catalogue& catalogue);

/// Of all groups.
[[nodiscard]] MeasureNames measure_names(const FleetSpec& fleet, const Catalogue& catalogue);

/// A report or uplink that the fleet cannot have. The column is that of the name in `text`.
[[nodiscard]] tl::expected<void, TextMistake> check_names(const Measure& measure, std::string_view text,
                                                          const MeasureNames& names);

}  // namespace vfleet::config
