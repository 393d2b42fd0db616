#pragma once

#include "simulator/core/clock.h"
#include "simulator/device/device.h"

namespace vfleet::bench {

/// The world of a device that nobody listens to: what is measured is what the device does.
class Nowhere final : public device::DeviceContext {
 public:
  explicit Nowhere(const device::DeviceConfig& config) : config_(config) {}
  std::string_view id() const override { return "pile-00042"; }
  TimePoint now() const override { return clock.now(); }
  WallTime wall_now() const override { return clock.wall_now(); }
  const device::DeviceConfig& config() const override { return config_; }
  bool online() const override { return true; }
  void emit(device::ReportIndex, device::Channel, std::uint32_t, std::string_view) override {}
  void repace(std::size_t) override {}
  Status patch_config(std::string_view, std::string_view) override { return {}; }
  void reboot(Duration) override {}
  void note(std::string_view) override {}

  ManualClock clock;

 private:
  const device::DeviceConfig& config_;
};

}  // namespace vfleet::bench
