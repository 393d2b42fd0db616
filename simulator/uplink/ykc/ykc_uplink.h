#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Whole frames of YKC on the device's own TCP (or TLS) connection; what they mean is the device's business.
[[nodiscard]] UplinkKind ykc_uplink();

}  // namespace vfleet::uplink
