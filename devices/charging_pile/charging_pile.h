#pragma once

#include <memory>

#include "simulator/device/type.h"

namespace vfleet::device {
class Device;
}

namespace vfleet {

/// The device type `charging_pile`: AC or DC piles with one or more connectors.
[[nodiscard]] std::unique_ptr<device::DeviceType> make_charging_pile();

}  // namespace vfleet
