#include "devices/ip_camera/model/vitals.h"

#include <algorithm>

#include "simulator/core/hash.h"

namespace vfleet::devices::ip_camera::model {
namespace {

// -1..1, continuous in time: straight lines between random points 64 s apart.
double noise(std::uint64_t key, TimePoint now) {
  const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count() / 1'000'000);
  const std::uint64_t slot = ms / 64'000;
  const double part = static_cast<double>(ms % 64'000) / 64'000;
  const auto unit = [&](std::uint64_t n) {
    return static_cast<double>(static_cast<std::int64_t>(mix(key, n) >> 11)) * 0x1.0p-52 - 1;
  };
  return unit(slot) * (1 - part) + unit(slot + 1) * part;
}

// -1 at 03:00, 1 at 15:00: a parabola each half day, near enough to a sine and much cheaper.
double warmth(Duration time_of_day) {
  double day = to_seconds(time_of_day) / 86400 - 0.375;  // 0 at 09:00, where it crosses the mean
  if (day < 0) day += 1;
  return day < 0.5 ? 16 * day * (0.5 - day) : -16 * (day - 0.5) * (1 - day);
}

std::uint8_t percent(double value) {
  return static_cast<std::uint8_t>(std::clamp(value, 1.0, 99.0));
}

}  // namespace

Vitals vitals(const Load& load) {
  const double n = noise(load.key, load.now);
  const double work = (load.recording ? 9.0 : 2.0) + 2.5 * std::min(load.channels, 16) +
                      6.0 * load.active_events + (load.upgrading ? 30.0 : 0.0);
  const double cpu = 14 + work + 4 * n;
  const double heat = 9 + 0.08 * cpu + (load.infrared ? 3.5 : 0.0) + load.extra_c;
  Vitals out;
  out.temperature_c = static_cast<float>(load.ambient_c + 5 * warmth(load.time_of_day) + heat + 0.7 * n);
  out.cpu_percent = percent(cpu);
  out.memory_percent = percent(38 + 1.2 * std::min(load.channels, 24) + 0.4 * load.active_events - 3 * n);
  out.rssi_dbm =
      static_cast<std::int8_t>((load.bad_network ? -86 : -52) + 5 * n - static_cast<double>(load.key % 13));
  return out;
}

}  // namespace vfleet::devices::ip_camera::model
