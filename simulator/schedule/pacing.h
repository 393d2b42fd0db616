#pragma once

#include <cstdint>

#include "simulator/core/time.h"

/// When is a report due? Pure functions: no loop, no clock, no state.
namespace vfleet::schedule {

enum class Phase : std::uint8_t {
  spread,    ///< each device its own part of the period, from its hash
  together,  ///< all devices at the same moment
};

enum class Late : std::uint8_t {
  skip,       ///< points that passed are counted and not sent
  send_once,  ///< one report for all points that passed
};

/// How a report repeats. Points are start + phase + n * period (n >= 0), each moved by its own jitter.
struct Pacing {
  Duration period{0};       ///< 0: not scheduled
  Duration once{0};         ///< != 0: one report, this long after the start; `period` is ignored
  float jitter = 0;         ///< 0..1: a point moves by up to +-jitter/2 of the period, and keeps its order
  std::uint16_t burst = 1;  ///< so many reports at each point
  Phase phase = Phase::spread;
  Late late = Late::skip;

  [[nodiscard]] bool scheduled() const { return period.count() > 0 || once.count() > 0; }
  friend bool operator==(const Pacing&, const Pacing&) = default;
};

/// What a device brings to its points.
struct Grid {
  TimePoint start;         ///< the fleet's
  std::uint64_t identity;  ///< hash of (seed, device, report, channel): phase and jitter come from it
};

/// The first point after `after`; kNever when there is none.
[[nodiscard]] TimePoint next_due(const Pacing& pacing, const Grid& grid, TimePoint after);

/// How many points lie in (from, to].
[[nodiscard]] std::uint64_t points_between(const Pacing& pacing, const Grid& grid, TimePoint from,
                                           TimePoint to);

}  // namespace vfleet::schedule
