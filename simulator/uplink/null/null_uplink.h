#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Goes nowhere: a link is up as soon as it is opened, and every report is sent and acked within send().
/// What remains is the cost of the engine itself.
[[nodiscard]] UplinkKind null_uplink();

}  // namespace vfleet::uplink
