#include "devices/external/external.h"

#include <utility>

#include "devices/external/config.h"
#include "devices/external/external_device.h"
#include "devices/external/programs.h"

namespace vfleet::devices::external {
namespace {

class External final : public device::DeviceType {
 public:
  explicit External(const device::TypeEnvironment& environment)
      : programs_(std::make_unique<Programs>(environment)) {}

  [[nodiscard]] const device::TypeDescription& description() const override { return description_; }

  [[nodiscard]] Result<std::unique_ptr<const device::DeviceConfig>> build(
      const config::Values& values) const override {
    auto built = external_keys().build(values);
    if (!built) return tl::unexpected<Error>(std::move(built.error()));
    return std::make_unique<const ExternalConfig>(std::move(*built));
  }

  [[nodiscard]] std::unique_ptr<device::Device> make(std::uint64_t /*seed*/, std::uint64_t /*identity*/,
                                                     const device::DeviceConfig& /*config*/) const override {
    return std::make_unique<ExternalDevice>(*programs_);
  }

  void stop(std::function<void()> done) const override { programs_->stop(std::move(done)); }

  [[nodiscard]] std::size_t state_bytes(const device::DeviceConfig& /*config*/) const override {
    return ExternalDevice::kStateBytes;
  }

 private:
  device::TypeDescription description_ = describe_external();
  std::unique_ptr<Programs> programs_;  // devices of this type borrow it
};

}  // namespace

std::unique_ptr<device::DeviceType> make_external(const device::TypeEnvironment& environment) {
  return std::make_unique<External>(environment);
}

}  // namespace vfleet::devices::external
