#include "devices/ip_camera/ip_camera.h"

#include <utility>

#include "devices/ip_camera/camera_device.h"
#include "devices/ip_camera/config.h"
#include "devices/ip_camera/description.h"
#include "devices/ip_camera/dialects/json/json_dialect.h"

namespace vfleet::devices::ip_camera {
namespace {

class IpCamera final : public device::DeviceType {
 public:
  [[nodiscard]] const device::TypeDescription& description() const override { return description_; }

  [[nodiscard]] Result<std::unique_ptr<const device::DeviceConfig>> build(
      const config::Values& values) const override {
    auto built = camera_keys().build(values);
    if (!built) return tl::unexpected(std::move(built.error()));
    auto config = std::make_unique<CameraConfig>(std::move(*built));
    config->values = values;
    return config;
  }

  [[nodiscard]] std::unique_ptr<device::Device> make(std::uint64_t seed, std::uint64_t identity,
                                                     const device::DeviceConfig& config) const override {
    return std::make_unique<CameraDevice>(seed, identity, static_cast<const CameraConfig&>(config), dialect_);
  }
  [[nodiscard]] std::size_t state_bytes(const device::DeviceConfig& /*config*/) const override {
    return model::Camera::kStateBytes;
  }

 private:
  device::TypeDescription description_ = describe_ip_camera();
  json_dialect::JsonDialect dialect_;
};

}  // namespace

std::unique_ptr<device::DeviceType> make_ip_camera() {
  return std::make_unique<IpCamera>();
}

}  // namespace vfleet::devices::ip_camera
