#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Whole OCPP-J messages on the charge point's own WebSocket; what they mean is the device's business.
[[nodiscard]] UplinkKind ocpp_uplink();

}  // namespace vfleet::uplink
