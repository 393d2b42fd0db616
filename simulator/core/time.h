#pragma once

#include <chrono>
#include <cstdint>

namespace vfleet {

using Duration = std::chrono::nanoseconds;

/// Tag of the monotonic time line. It has no now(): time comes from an injected Clock only.
struct Monotonic {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<Monotonic, Duration>;
  static constexpr bool is_steady = true;
};

using TimePoint = Monotonic::time_point;
/// Time of day, UTC, for what people and platforms read. It may jump.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

inline constexpr TimePoint kNever = TimePoint::max();

[[nodiscard]] constexpr std::int64_t to_us(Duration d) {
  return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}
[[nodiscard]] constexpr std::int64_t to_us(WallTime t) { return t.time_since_epoch().count(); }
[[nodiscard]] constexpr double to_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace vfleet
