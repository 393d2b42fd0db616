#include "devices/all_devices.h"

#include "devices/charging_pile/charging_pile.h"

namespace vfleet {

void register_all_devices(device::DeviceRegistry& registry) {
  registry.add(make_charging_pile());
}

}  // namespace vfleet
