#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/schedule/day_clock.h"

namespace vfleet::schedule {

/// How busy the hours of a day are: a rate for each part of it, 100 % is what `every` says. The same every
/// day.
///
/// The curve makes an even grid of points uneven: *even time* is real time weighted with the rate, from the
/// start of the grid on. So what holds for the even grid (phases, jitter, order) holds for the points too.
class DayCurve {
 public:
  static constexpr double kRateMax = 10;

  DayCurve() = default;  ///< none: always 100 %
  /// From texts "07:00 80%", times ascending; each rate holds until the next time, the last one until the
  /// first of the next day. Errors: invalid_argument (also: every rate is 0).
  [[nodiscard]] static Result<DayCurve> parse(const std::vector<std::string>& texts);

  [[nodiscard]] bool empty() const { return steps_.empty(); }
  /// Even time that has passed when `real` (>= 0) has passed since the start. Not when empty.
  [[nodiscard]] Duration even_of(const DayClock& clock, Duration real) const;
  /// The first moment at which `even` has passed: even_of's inverse, so never earlier for a later one. Up to
  /// a nanosecond more. Not when empty.
  [[nodiscard]] Duration real_of(const DayClock& clock, Duration even) const;

  friend bool operator==(const DayCurve&, const DayCurve&) = default;

 private:
  __extension__ using Work = __int128;  // ns of wall time times the rate in millionths

  struct Step {
    std::int64_t begin;  // ns of the day; the first is 0
    std::int64_t rate;   // millionths
    Work before;         // of the day, up to `begin`

    friend bool operator==(const Step&, const Step&) = default;
  };

  [[nodiscard]] Work work_to(std::int64_t local) const;  // since local 1970
  [[nodiscard]] std::int64_t local_at(Work work) const;  // the first at which it is done

  std::vector<Step> steps_;
  Work day_ = 0;  // of a whole day
};

}  // namespace vfleet::schedule
