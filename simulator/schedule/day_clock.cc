#include "simulator/schedule/day_clock.h"

#include <algorithm>
#include <cmath>

namespace vfleet::schedule {

DayClock::DayClock(WallTime at_start, double time_scale, std::vector<ZoneSpan> spans)
    : at_start_(Duration(at_start.time_since_epoch()).count()),
      time_scale_(time_scale),
      spans_(std::move(spans)) {
  if (spans_.empty()) spans_.push_back({});
}

std::int64_t DayClock::wall_of(Duration real) const {
  if (time_scale_ == 1) return std::min(at_start_ + real.count(), kEnd);
  const long double passed = std::floor(static_cast<long double>(real.count()) * time_scale_);
  const auto left = static_cast<long double>(kEnd - at_start_);
  return passed < left ? at_start_ + static_cast<std::int64_t>(passed) : kEnd;
}

Duration DayClock::real_of(std::int64_t wall) const {
  if (time_scale_ == 1) return Duration(wall - at_start_);
  const long double real = std::ceil(static_cast<long double>(wall - at_start_) / time_scale_);
  const auto last = static_cast<long double>(kEnd);
  return Duration(real < last ? static_cast<std::int64_t>(real) : kEnd);
}

std::size_t DayClock::span_at(std::chrono::sys_seconds at) const {
  std::size_t i = spans_.size() - 1;
  while (i > 0 && spans_[i].begin > at) --i;
  return i;
}

}  // namespace vfleet::schedule
