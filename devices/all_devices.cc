#include "devices/all_devices.h"

namespace vfleet {

void register_all_devices(device::DeviceRegistry&) {}

}  // namespace vfleet
