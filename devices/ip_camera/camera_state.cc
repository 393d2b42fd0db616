// What of a camera survives the worker.
#include "devices/ip_camera/camera_device.h"
#include "devices/ip_camera/speaker.h"

namespace vfleet::devices::ip_camera {
namespace {

// Saving tells nothing.
class Nobody final : public model::Listener {
 public:
  void event(const model::Event& /*event*/, model::Phase /*phase*/) override {}
  void ota(const model::Ota& /*ota*/) override {}
  void snapshot(const model::SnapshotOrder& /*order*/, int /*index*/) override {}
  void status_changed() override {}
  void log(std::string_view /*text*/) override {}
  void restart(Duration /*down*/) override {}
};

}  // namespace

std::size_t CameraDevice::save(const device::DeviceContext& context, std::span<std::byte> out) {
  dirty_ = false;
  Nobody nobody;
  return camera_.save(
      {static_cast<const CameraConfig&>(context.config()).model, context.now(), context.wall_now(), nobody},
      out);
}

bool CameraDevice::restore(device::DeviceContext& context, std::span<const std::byte> saved) {
  Speaker speaker(*this, context);
  return camera_.restore(speaker.env(), saved);
}

}  // namespace vfleet::devices::ip_camera
