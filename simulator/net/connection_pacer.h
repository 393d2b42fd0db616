#pragma once

#include <compare>

#include "simulator/core/time.h"
#include "simulator/net/ramp.h"

namespace vfleet::net {

struct PacerLimits {
  double rate = 2000;           ///< attempts a second, > 0
  std::size_t in_flight = 100;  ///< attempts under way at once, >= 1
  Ramp ramp = {};  ///< not empty: attempts a second since the first one was asked for, instead of rate

  friend auto operator<=>(const PacerLimits&, const PacerLimits&) = default;
};

/// May another connection be started now? A token bucket (as deep as 10 ms of its rate, at least one) and a
/// count of attempts under way. Pure: it is told the time.
class ConnectionPacer {
 public:
  explicit ConnectionPacer(const PacerLimits& limits);

  /// Takes a token and a place, if both are there.
  [[nodiscard]] bool try_start(TimePoint now);
  /// An attempt that was started has ended, either way.
  void finished();
  /// When try_start can succeed, as far as time decides; kNever while every place is taken. Before the first
  /// start of a ramp: when it could be if the ramp began now.
  [[nodiscard]] TimePoint next_start(TimePoint now) const;
  /// The ramp begins, unless it has begun.
  void begin(TimePoint now);
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

 private:
  /// The time of the next token when the last one was at `last`.
  [[nodiscard]] TimePoint after(TimePoint last) const;

  Ramp ramp_;
  Duration interval_;   // between two tokens, without a ramp
  Duration tolerance_;  // how far ahead of the even pace a burst may run
  std::size_t places_;
  std::size_t in_flight_ = 0;
  TimePoint due_ = TimePoint::min();    // when the next one would start at an even pace
  TimePoint begin_ = TimePoint::min();  // of the ramp; min: not yet
};

}  // namespace vfleet::net
