#pragma once

#include "devices/ip_camera/model/settings.h"
#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

/// Time of day where the camera hangs: 0 .. 24 h.
[[nodiscard]] Duration time_of_day(WallTime wall, double timezone_hours);

/// Whether it is dark, and when that next changes (Duration::max() when the mode is fixed).
struct Light {
  bool night = false;
  Duration until_change = Duration::max();
};

/// `delay` is this camera's own lateness within DayNightSettings::spread.
[[nodiscard]] Light light_at(const DayNightSettings& settings, Duration time_of_day, Duration delay);

}  // namespace vfleet::devices::ip_camera::model
