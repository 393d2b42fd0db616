#pragma once

#include <string_view>
#include <vector>

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// The one list of uplink kinds, by name; made once a process.
[[nodiscard]] const std::vector<UplinkKind>& all_uplinks();

/// Null when no kind has that name.
[[nodiscard]] const UplinkKind* find_uplink(std::string_view name);

}  // namespace vfleet::uplink
