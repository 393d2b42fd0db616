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

std::int64_t phase_ns(const Pacing& pacing, std::uint64_t identity) {
  return pacing.phase == Phase::together ? 0 : fraction_of(pacing.period.count(), mix(identity) >> 32);
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

/// The number of points at or before `t` ns after the start, which is the index of the first one after it.
std::int64_t first_after(const Pacing& pacing, std::uint64_t identity, std::int64_t phase, std::int64_t t) {
  if (t < 0) return 0;
  const std::int64_t period = pacing.period.count();
  // Jitter moves a point by at most half a period and keeps the order: one of these is it.
  std::int64_t n = std::max<std::int64_t>((t - phase) / period - 1, 0);
  while (point_ns(pacing, identity, phase, n) <= t) ++n;
  return n;
}

}  // namespace

TimePoint next_due(const Pacing& pacing, const Grid& grid, TimePoint after) {
  if (pacing.once.count() > 0) {
    const TimePoint at = grid.start + pacing.once;
    return at > after ? at : kNever;
  }
  if (pacing.period.count() <= 0) return kNever;
  const std::int64_t phase = phase_ns(pacing, grid.identity);
  const std::int64_t n = first_after(pacing, grid.identity, phase, (after - grid.start).count());
  return grid.start + Duration(point_ns(pacing, grid.identity, phase, n));
}

std::uint64_t points_between(const Pacing& pacing, const Grid& grid, TimePoint from, TimePoint to) {
  if (to <= from) return 0;
  if (pacing.once.count() > 0) {
    const TimePoint at = grid.start + pacing.once;
    return at > from && at <= to ? 1 : 0;
  }
  if (pacing.period.count() <= 0) return 0;
  const std::int64_t phase = phase_ns(pacing, grid.identity);
  return static_cast<std::uint64_t>(first_after(pacing, grid.identity, phase, (to - grid.start).count()) -
                                    first_after(pacing, grid.identity, phase, (from - grid.start).count()));
}

}  // namespace vfleet::schedule
