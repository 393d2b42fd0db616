#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Each report is one framed message on the device's own TCP (or TLS) connection.
[[nodiscard]] UplinkKind tcp_uplink();

}  // namespace vfleet::uplink
