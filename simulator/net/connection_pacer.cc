#include "simulator/net/connection_pacer.h"

#include <algorithm>
#include <cassert>

namespace vfleet::net {

ConnectionPacer::ConnectionPacer(const PacerLimits& limits)
    : interval_(static_cast<Duration::rep>(1e9 / limits.rate)),
      tolerance_(std::max(Duration(std::chrono::milliseconds(10)) - interval_, Duration::zero())),
      places_(limits.in_flight) {}

bool ConnectionPacer::try_start(TimePoint now) {
  if (next_start(now) > now) return false;
  due_ = std::max(due_, now) + interval_;
  ++in_flight_;
  return true;
}

void ConnectionPacer::finished() {
  assert(in_flight_ > 0);
  --in_flight_;
}

TimePoint ConnectionPacer::next_start(TimePoint now) const {
  if (in_flight_ >= places_) return kNever;
  if (due_ <= now) return now;
  return std::max(now, due_ - tolerance_);
}

}  // namespace vfleet::net
