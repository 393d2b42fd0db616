#pragma once

#include <compare>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::net {

/// A rate over time: straight lines between its points, the first and the last rate before and after them.
class Ramp {
 public:
  struct Point {
    Duration at{};    ///< since the start; ascending
    double rate = 0;  ///< a second, >= 0; the last one > 0
    friend auto operator<=>(const Point&, const Point&) = default;
  };

  Ramp() = default;
  /// Reads "0s:100, 30s:2000". Errors: invalid_argument; the text says what is wrong.
  [[nodiscard]] static Result<Ramp> parse(std::string_view text);

  [[nodiscard]] bool empty() const { return points_.empty(); }
  [[nodiscard]] double rate(Duration at) const;
  /// When one more is there, counted from `from`: the time at which the rate's integral has grown by 1.
  [[nodiscard]] Duration next(Duration from) const;
  [[nodiscard]] const std::vector<Point>& points() const { return points_; }
  /// No rate higher than `rate`.
  [[nodiscard]] Ramp capped(double rate) const;

  friend auto operator<=>(const Ramp&, const Ramp&) = default;

 private:
  std::vector<Point> points_;
};

}  // namespace vfleet::net
