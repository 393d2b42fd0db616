#pragma once

#include <algorithm>

#include "simulator/core/time.h"

namespace vfleet::pile {

struct ThermalConfig {
  double ambient_c = 25;
  double rise_c = 35;         ///< above ambient at rated power, when warmed through
  Duration time_constant{0};  ///< > 0
  double derate_at_c = 75;    ///< the pile gives less from here on
  double fault_at_c = 90;     ///< and stops here
};

/// First-order heating: the temperature runs exponentially towards ambient + rise x load. Between two calls
/// of set_load() it is known in closed form, so nothing is stepped.
class Thermal {
 public:
  void reset(TimePoint now, const ThermalConfig& config);
  /// Goes on where another life stood.
  void resume(TimePoint now, float temperature_c, float target_c) {
    since_ = now;
    start_c_ = temperature_c;
    target_c_ = target_c;
  }
  /// `load` is power / rated power from `now` on. `before` is the configuration that held until now.
  void set_load(TimePoint now, double load, const ThermalConfig& before, const ThermalConfig& config);

  [[nodiscard]] double temperature_c(TimePoint now, const ThermalConfig& config) const;
  [[nodiscard]] double target_c() const { return target_c_; }
  /// No temperature until the next set_load() is above this.
  [[nodiscard]] double at_most_c() const { return std::max(start_c_, target_c_); }
  /// When the temperature passes `level_c`, from either side; kNever when it does not. Rounded up.
  [[nodiscard]] TimePoint passes(TimePoint now, double level_c, const ThermalConfig& config) const;
  /// The part of rated power that may be given: 1, from derate_at falling to 0.5 at fault_at.
  [[nodiscard]] double derating(TimePoint now, const ThermalConfig& config) const;

 private:
  TimePoint since_;
  float start_c_ = 0;
  float target_c_ = 0;
};

}  // namespace vfleet::pile
