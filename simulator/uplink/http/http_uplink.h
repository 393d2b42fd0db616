#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Each report is one request on the device's own keep-alive connection, one at a time; an answer of 2xx
/// acknowledges it, and may bring messages: {"commands":[...]}.
[[nodiscard]] UplinkKind http_uplink();

}  // namespace vfleet::uplink
