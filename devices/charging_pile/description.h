#pragma once

#include "simulator/device/type.h"

namespace vfleet::pile {

/// What the type says of itself; made once.
[[nodiscard]] const device::TypeDescription& pile_description();

}  // namespace vfleet::pile
