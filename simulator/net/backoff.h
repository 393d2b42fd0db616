#pragma once

#include "simulator/core/random.h"
#include "simulator/core/time.h"

namespace vfleet::net {

/// How long to wait before the next attempt: exponential, capped, with full jitter, so that ten thousand
/// devices which lost one server do not come back together.
struct BackoffPolicy {
  Duration first{std::chrono::seconds(1)};  ///< the ceiling of the first wait
  Duration max{std::chrono::seconds(30)};   ///< the ceiling never passes this

  /// The ceiling of the wait after `failures` failures in a row (>= 1): first * 2^(failures - 1), at most
  /// max.
  [[nodiscard]] Duration ceiling(unsigned failures) const;
  /// Uniform between 0 and the ceiling.
  [[nodiscard]] Duration delay(unsigned failures, Random& random) const;
};

}  // namespace vfleet::net
