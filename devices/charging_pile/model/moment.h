#pragma once

#include "simulator/core/time.h"

namespace vfleet::pile {

/// The time that the model is told: monotonic for intervals, wall clock for the hour of the day.
struct Moment {
  TimePoint now;
  WallTime wall;

  /// The wall clock at `t`, as far as can be known at `now`.
  [[nodiscard]] WallTime wall_at(TimePoint t) const {
    return wall + std::chrono::duration_cast<std::chrono::microseconds>(t - now);
  }
};

}  // namespace vfleet::pile
