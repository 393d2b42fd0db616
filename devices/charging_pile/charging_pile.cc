#include "devices/charging_pile/charging_pile.h"

#include "devices/charging_pile/config.h"
#include "devices/charging_pile/description.h"
#include "devices/charging_pile/pile.h"

namespace vfleet {
namespace {

class PileType final : public device::DeviceType {
 public:
  const device::TypeDescription& description() const override { return pile::pile_description(); }
  Result<std::unique_ptr<const device::DeviceConfig>> build(const config::Values& values) const override {
    return pile::build_config(values);
  }
  Status suits(const device::DeviceConfig& config, std::string_view uplink) const override {
    return pile::suits(static_cast<const pile::PileConfig&>(config), uplink);
  }
  std::unique_ptr<device::Device> make(std::uint64_t seed, std::uint64_t identity,
                                       const device::DeviceConfig& config) const override {
    return std::make_unique<pile::Pile>(seed, identity, static_cast<const pile::PileConfig&>(config));
  }
  std::size_t state_bytes(const device::DeviceConfig& config) const override {
    return pile::Pile::state_bytes(static_cast<const pile::PileConfig&>(config));
  }
};

}  // namespace

std::unique_ptr<device::DeviceType> make_charging_pile() {
  return std::make_unique<PileType>();
}

}  // namespace vfleet
