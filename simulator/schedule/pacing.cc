#include "simulator/schedule/pacing.h"

#include <algorithm>

#include "simulator/core/hash.h"

namespace vfleet::schedule {
namespace {

__extension__ using Wide = __int128;

/// value * part / 2^32, exactly: `part` is a fraction with 32 bits.
std::int64_t fraction_of(std::int64_t value, std::uint64_t part) {
  return static_cast<std::int64_t>((static_cast<Wide>(value) * static_cast<Wide>(part)) >> 32);
}

std::int64_t phase_ns(const Pacing& pacing, const Grid& grid) {
  if (grid.begins) return pacing.period.count();
  return pacing.phase == Phase::together ? 0 : fraction_of(pacing.period.count(), mix(grid.identity) >> 32);
}

/// Where point n stands, in ns after the start.
std::int64_t point_ns(const Pacing& pacing, std::uint64_t identity, std::int64_t phase, std::int64_t n) {
  std::int64_t at = phase + n * pacing.period.count();
  if (pacing.jitter > 0) {
    const auto width = static_cast<std::int64_t>(static_cast<double>(pacing.period.count()) *
                                                 static_cast<double>(std::min(pacing.jitter, 1.0F)));
    at += fraction_of(width, mix(identity, static_cast<std::uint64_t>(n)) >> 32) - width / 2;
  }
  return std::max<std::int64_t>(at, 0);
}

/// The number of points of the even grid at or before `t` ns after the start, which is the index of the first
/// one after it.
std::int64_t first_after(const Pacing& pacing, std::uint64_t identity, std::int64_t phase, std::int64_t t) {
  if (t < 0) return 0;
  const std::int64_t period = pacing.period.count();
  // Jitter moves a point by at most half a period and keeps the order: one of these is it.
  std::int64_t n = std::max<std::int64_t>((t - phase) / period - 1, 0);
  while (point_ns(pacing, identity, phase, n) <= t) ++n;
  return n;
}

const DayClock& clock_of(const Grid& grid) {
  static const DayClock plain;
  return grid.clock == nullptr ? plain : *grid.clock;
}

/// A point and how many are before it.
struct Point {
  std::int64_t index;
  TimePoint at;
};

Point next_of_period(const Pacing& pacing, const Grid& grid, TimePoint after) {
  const std::int64_t phase = phase_ns(pacing, grid);
  const Duration passed = after - grid.start;
  if (pacing.curve.empty()) {
    const std::int64_t n = first_after(pacing, grid.identity, phase, passed.count());
    return {n, grid.start + Duration(point_ns(pacing, grid.identity, phase, n))};
  }
  const DayClock& clock = clock_of(grid);
  if (clock.wall_of(passed) >= DayClock::kEnd) return {0, kNever};
  // Even time is rounded, so the point may be one that has just passed.
  const std::int64_t even =
      passed.count() < 0 ? -1
                         : std::max<std::int64_t>(pacing.curve.even_of(clock, passed).count() - 1000, -1);
  for (std::int64_t n = first_after(pacing, grid.identity, phase, even);; ++n) {
    const Duration at = pacing.curve.real_of(clock, Duration(point_ns(pacing, grid.identity, phase, n)));
    if (at > passed) return {n, grid.start + at};
  }
}

TimePoint next_of_times(const Pacing& pacing, const Grid& grid, TimePoint after) {
  using std::chrono::floor;
  using std::chrono::seconds;
  using std::chrono::sys_time;
  const DayClock& clock = clock_of(grid);
  if (clock.wall_of(after - grid.start) >= DayClock::kEnd) return kNever;
  const Duration later(fraction_of(pacing.at_spread.count(), mix(grid.identity) >> 32));
  // The clock may be read a nanosecond early or late when it does not run as real time does.
  auto from = floor<seconds>(sys_time<Duration>(Duration(clock.wall_of(after - grid.start)) - later) -
                             std::chrono::microseconds(1));
  while (const auto time = next_time(pacing.at, clock, from)) {
    const Duration wall = time->time_since_epoch() + later;
    const TimePoint at = grid.start + clock.real_of(wall.count());
    if (at > after) return at;
    from = *time;
  }
  return kNever;
}

}  // namespace

TimePoint next_due(const Pacing& pacing, const Grid& grid, TimePoint after) {
  if (pacing.once.count() > 0) {
    const TimePoint at = grid.start + pacing.once;
    return at > after ? at : kNever;
  }
  if (!pacing.at.empty()) return next_of_times(pacing, grid, std::max(after, grid.start - Duration(1)));
  if (pacing.period.count() <= 0) return kNever;
  return next_of_period(pacing, grid, after).at;
}

std::uint64_t points_between(const Pacing& pacing, const Grid& grid, TimePoint from, TimePoint to) {
  if (to <= from) return 0;
  if (pacing.once.count() > 0) {
    const TimePoint at = grid.start + pacing.once;
    return at > from && at <= to ? 1 : 0;
  }
  if (!pacing.at.empty()) {
    std::uint64_t count = 0;
    for (TimePoint at = next_due(pacing, grid, from); at <= to; at = next_due(pacing, grid, at)) ++count;
    return count;
  }
  if (pacing.period.count() <= 0) return 0;
  return static_cast<std::uint64_t>(next_of_period(pacing, grid, to).index -
                                    next_of_period(pacing, grid, from).index);
}

}  // namespace vfleet::schedule
