#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Each report is one message on the device's own WebSocket (RFC 6455).
[[nodiscard]] UplinkKind websocket_uplink();

}  // namespace vfleet::uplink
