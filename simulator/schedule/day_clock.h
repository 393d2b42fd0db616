#pragma once

#include <cstdint>
#include <vector>

#include "simulator/core/time.h"
#include "simulator/core/time_zone.h"

namespace vfleet::schedule {

/// The clock on the wall of the devices' world, for schedules that follow the day: it stood at `at_start`
/// when the grid began, runs `time_scale` times as fast as real time, and shows the local time of a zone. It
/// never jumps: what the machine's own clock is set to later does not move it. Immutable.
///
/// Wall times are nanoseconds since 1970, UTC. They end in 2250, where the clock stops: schedules that follow
/// the day have no more points then (a fleet at 100,000 times real time comes there in a day).
class DayClock {
 public:
  static constexpr std::int64_t kEnd = 8'835'000'000'000'000'000;

  /// 1970, UTC, as fast as real time.
  DayClock() : DayClock(WallTime{}, 1, {}) {}
  /// `spans` in order; the first holds for all time before it too. None: UTC.
  DayClock(WallTime at_start, double time_scale, std::vector<ZoneSpan> spans);

  [[nodiscard]] std::int64_t at_start() const { return at_start_; }
  [[nodiscard]] double time_scale() const { return time_scale_; }

  /// Wall time when `real` has passed since the start.
  [[nodiscard]] std::int64_t wall_of(Duration real) const;
  /// Real time since the start at which the clock has come to `wall`; later ones never give an earlier time.
  [[nodiscard]] Duration real_of(std::int64_t wall) const;

  [[nodiscard]] const std::vector<ZoneSpan>& spans() const { return spans_; }
  /// Of the span that `at` lies in.
  [[nodiscard]] std::size_t span_at(std::chrono::sys_seconds at) const;

 private:
  std::int64_t at_start_;
  double time_scale_;
  std::vector<ZoneSpan> spans_;  // never empty
};

}  // namespace vfleet::schedule
