#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/core/time.h"
#include "simulator/schedule/day_clock.h"
#include "simulator/schedule/day_curve.h"
#include "simulator/schedule/times_of_day.h"

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

/// How a report repeats: `once`; or else at the times of `at`; or else every `period`, which is an even grid:
/// points are start + phase + n * period (n >= 0), each moved by its own jitter. `curve` bends that grid:
/// points are then closer where the day is busier.
struct Pacing {
  Duration period{0};       ///< 0: not scheduled
  Duration once{0};         ///< != 0: one report, this long after the start
  float jitter = 0;         ///< 0..1: a point moves by up to +-jitter/2 of the period, and keeps its order
  std::uint16_t burst = 1;  ///< so many reports at each point
  Phase phase = Phase::spread;
  Late late = Late::skip;
  Duration at_spread{0};  ///< a device's points of `at` come later by its own part of this, always the same
  std::vector<TimeRule> at;
  DayCurve curve;
  /// What `at` and `curve` were read from.
  struct Texts {
    std::vector<std::string> at;
    std::vector<std::string> curve;
    friend bool operator==(const Texts&, const Texts&) = default;
  } texts;

  [[nodiscard]] bool scheduled() const { return period.count() > 0 || once.count() > 0 || !at.empty(); }
  friend bool operator==(const Pacing&, const Pacing&) = default;
};

/// What a device brings to its points.
struct Grid {
  TimePoint start;         ///< the fleet's
  std::uint64_t identity;  ///< hash of (seed, device, report, channel): phase and jitter come from it
  const DayClock* clock = nullptr;  ///< for `at` and `curve`; none: 1970, UTC, at the start
  bool begins = false;  ///< `start` is this device's own: its first point is one period later, without a phase
};

/// The first point after `after`; kNever when there is none.
[[nodiscard]] TimePoint next_due(const Pacing& pacing, const Grid& grid, TimePoint after);

/// How many points lie in (from, to].
[[nodiscard]] std::uint64_t points_between(const Pacing& pacing, const Grid& grid, TimePoint from,
                                           TimePoint to);

}  // namespace vfleet::schedule
