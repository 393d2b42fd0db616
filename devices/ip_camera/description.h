#pragma once

#include "simulator/device/type.h"

namespace vfleet::devices::ip_camera {

/// Reports, actions, states and keys of the type, as operators see them.
[[nodiscard]] device::TypeDescription describe_ip_camera();

}  // namespace vfleet::devices::ip_camera
