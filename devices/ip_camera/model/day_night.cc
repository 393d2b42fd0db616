#include "devices/ip_camera/model/day_night.h"

namespace vfleet::devices::ip_camera::model {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

Duration wrap(Duration d) {
  d %= kDay;
  return d < Duration::zero() ? d + kDay : d;
}

}  // namespace

Duration time_of_day(WallTime wall, double timezone_hours) {
  const auto zone = std::chrono::seconds(static_cast<std::int64_t>(timezone_hours * 3600));
  // Reduced before it becomes nanoseconds: wall clocks of far years must not overflow.
  const auto day = std::chrono::duration_cast<std::chrono::microseconds>(kDay);
  return wrap((wall.time_since_epoch() % day) + zone);
}

Light light_at(const DayNightSettings& settings, Duration time_of_day, Duration delay) {
  if (settings.mode == DayNightMode::day) return {.night = false};
  if (settings.mode == DayNightMode::night) return {.night = true};
  const Duration since_dawn = wrap(time_of_day - settings.day_from - delay);
  const Duration day_length = wrap(settings.day_until - settings.day_from);
  if (since_dawn < day_length) return {.night = false, .until_change = day_length - since_dawn};
  return {.night = true, .until_change = kDay - since_dawn};
}

}  // namespace vfleet::devices::ip_camera::model
