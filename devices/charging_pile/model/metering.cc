#include "devices/charging_pile/model/metering.h"

#include <algorithm>

namespace vfleet::pile {
namespace {

std::uint16_t tenths(double voltage_v) {
  return static_cast<std::uint16_t>(std::clamp(voltage_v * 10 + 0.5, 0.0, 65535.0));
}

}  // namespace

void Meter::set(double voltage_v, double power_w, int phases, double current_max_a) {
  voltage_dv_ = tenths(voltage_v);
  phases_ = static_cast<std::uint8_t>(phases);
  current_ca_ = 0;
  if (voltage_dv_ == 0 || !(power_w > 0)) return;
  // Rounded down: what is reported never exceeds what was granted.
  const double granted = power_w * 1000.0 / (static_cast<double>(voltage_dv_) * phases);
  current_ca_ = static_cast<std::int32_t>(std::clamp(granted, 0.0, current_max_a * 100.0));
}

void Meter::rest(double voltage_v, int phases) {
  voltage_dv_ = tenths(voltage_v);
  phases_ = static_cast<std::uint8_t>(phases);
  current_ca_ = 0;
}

}  // namespace vfleet::pile
