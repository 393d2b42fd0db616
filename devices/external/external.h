#pragma once

#include <memory>

#include "simulator/device/type.h"

namespace vfleet::devices::external {

/// The device type `external`. Without a loop and a launcher its devices live and stay offline.
[[nodiscard]] std::unique_ptr<device::DeviceType> make_external(const device::TypeEnvironment& environment);

}  // namespace vfleet::devices::external
