#pragma once

#include "simulator/device/type.h"

namespace vfleet {

/// The one explicit list of device types. Without an environment they can be described, and whatever runs programs
/// runs none.
void register_all_devices(device::DeviceRegistry& registry, const device::TypeEnvironment& environment = {});

}  // namespace vfleet
