#include "devices/all_devices.h"

#include "devices/charging_pile/charging_pile.h"
#include "devices/external/external.h"
#include "devices/ip_camera/ip_camera.h"

namespace vfleet {

void register_all_devices(device::DeviceRegistry& registry, const device::TypeEnvironment& environment) {
  registry.add(make_charging_pile());
  registry.add(devices::ip_camera::make_ip_camera());
  registry.add(devices::external::make_external(environment));
}

}  // namespace vfleet
