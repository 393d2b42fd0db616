#include "simulator/net/connection_pacer.h"

#include <algorithm>
#include <cassert>

namespace vfleet::net {
namespace {

constexpr Duration kBurst = std::chrono::milliseconds(10);

}  // namespace

ConnectionPacer::ConnectionPacer(const PacerLimits& limits)
    : ramp_(limits.ramp),
      interval_(static_cast<Duration::rep>(1e9 / limits.rate)),
      tolerance_(limits.ramp.empty() ? std::max(kBurst - interval_, Duration::zero()) : Duration::zero()),
      places_(limits.in_flight) {}

void ConnectionPacer::begin(TimePoint now) {
  if (ramp_.empty() || begin_ != TimePoint::min()) return;
  begin_ = now;
  // A ramp from nothing has no token at its start; one that starts at a rate has.
  due_ = ramp_.rate(Duration::zero()) > 0 ? now : after(now);
}

bool ConnectionPacer::try_start(TimePoint now) {
  begin(now);
  if (next_start(now) > now) return false;
  // A ramp is made up for as far as the caller came late, by no more than a burst.
  due_ = after(std::max(due_, ramp_.empty() ? now : now - kBurst));
  ++in_flight_;
  return true;
}

TimePoint ConnectionPacer::after(TimePoint last) const {
  return ramp_.empty() ? last + interval_ : begin_ + ramp_.next(last - begin_);
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
