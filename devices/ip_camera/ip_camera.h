#pragma once

#include <memory>

#include "simulator/device/type.h"

namespace vfleet::devices::ip_camera {

/// The device type `ip_camera`: cameras of one channel and recorders of many, in the JSON dialect.
[[nodiscard]] std::unique_ptr<device::DeviceType> make_ip_camera();

}  // namespace vfleet::devices::ip_camera
