#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Each report is one datagram from the device's own UDP socket.
[[nodiscard]] UplinkKind udp_uplink();

}  // namespace vfleet::uplink
