#include "devices/charging_pile/model/thermal.h"

#include <algorithm>
#include <cmath>

#include "devices/charging_pile/model/settings.h"

namespace vfleet::pile {
namespace {

/// Loads change a little with every step; what they move the target by less than this, nobody sees.
constexpr float kTargetTolerance = 0.02F;

}  // namespace

void Thermal::reset(TimePoint now, const ThermalConfig& config) {
  since_ = now;
  start_c_ = target_c_ = static_cast<float>(config.ambient_c);
}

void Thermal::set_load(TimePoint now, double load, const ThermalConfig& before, const ThermalConfig& config) {
  const auto target = static_cast<float>(config.ambient_c + config.rise_c * load);
  const bool same = target == target_c_ || (load > 0 && std::abs(target - target_c_) < kTargetTolerance);
  if (same && before.time_constant == config.time_constant) return;
  start_c_ = static_cast<float>(temperature_c(now, before));
  since_ = now;
  target_c_ = target;
}

double Thermal::temperature_c(TimePoint now, const ThermalConfig& config) const {
  if (start_c_ == target_c_) return target_c_;
  const auto age = static_cast<float>(to_seconds(now - since_) / to_seconds(config.time_constant));
  return target_c_ + (start_c_ - target_c_) * std::exp(-age);
}

TimePoint Thermal::passes(TimePoint now, double level_c, const ThermalConfig& config) const {
  const double here = temperature_c(now, config);
  if ((here - level_c) * (target_c_ - level_c) >= 0) return kNever;
  const double seconds =
      to_seconds(config.time_constant) * std::log((here - target_c_) / (level_c - target_c_));
  if (!(seconds < 3.0e8)) return kNever;
  return now + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000) + 1);
}

double Thermal::derating(TimePoint now, const ThermalConfig& config) const {
  if (at_most_c() <= config.derate_at_c) return 1;
  const double here = temperature_c(now, config);
  if (here <= config.derate_at_c) return 1;
  return std::max(0.5, 1 - 0.5 * (here - config.derate_at_c) / (config.fault_at_c - config.derate_at_c));
}

void describe_thermal(config::Struct<Settings>& keys) {
  keys.number(
          "thermal.ambient", Unit::temperature, [](auto& c) -> auto& { return c.thermal.ambient_c; })
      .initial(25)
      .range(-60, 120)
      .decimals(1)
      .doc("Temperature of the air around the pile.");
  keys.number(
          "thermal.rise", Unit::temperature, [](auto& c) -> auto& { return c.thermal.rise_c; })
      .initial(35)
      .range(0, 200)
      .decimals(1)
      .doc("How far above ambient the pile warms at rated power.");
  keys.duration(
          "thermal.time_constant", [](auto& c) -> auto& { return c.thermal.time_constant; })
      .initial(std::chrono::minutes(20))
      .range(std::chrono::seconds(1), std::chrono::hours(24))
      .doc("Time in which the temperature covers 63% of the way to its final value.");
  keys.number(
          "thermal.derate_at", Unit::temperature, [](auto& c) -> auto& { return c.thermal.derate_at_c; })
      .initial(75)
      .range(-60, 300)
      .decimals(1)
      .doc(
          "From here on the pile gives less power, down to half of it at thermal.fault_at. A pile that "
          "switched "
          "off by over-temperature recovers below this.");
  keys.number(
          "thermal.fault_at", Unit::temperature, [](auto& c) -> auto& { return c.thermal.fault_at_c; })
      .initial(90)
      .range(-60, 300)
      .decimals(1)
      .doc("The pile raises over_temperature and stops here.");
  keys.check([](const Settings& c, std::vector<std::string>& mistakes) {
    if (c.thermal.fault_at_c <= c.thermal.derate_at_c) {
      mistakes.emplace_back("thermal.fault_at must be above thermal.derate_at");
    }
  });
}

}  // namespace vfleet::pile
