#pragma once

#include "simulator/device/type.h"

namespace vfleet {

/// The one explicit list of device types.
void register_all_devices(device::DeviceRegistry& registry);

}  // namespace vfleet
