#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vfleet::control::results {

/// What stands for several seconds of a column: nothing is ever shown better than it was.
enum class Fold : std::uint8_t {
  mean,   ///< by time: rates
  worst,  ///< the highest: percentiles, utilisation
  least,  ///< the lowest: devices online
  last,   ///< the newest: sizes
};

/// Figures over time, at most so many points: when there would be more, neighbours become one and from then
/// on a point covers twice the time. A gap is a point without values that is never mixed with others.
class Series {
 public:
  static constexpr std::size_t kPointsMax = 7'200;
  static constexpr std::size_t kColumnsMax = 600;
  static constexpr std::size_t kLeftOutMax = 10'000;

  struct Column {
    std::string name;
    Fold fold = Fold::mean;
  };
  struct Point {
    double at_s = 0;     ///< its end
    double seconds = 0;  ///< how much time it covers
    bool gap = false;
    std::vector<double> values;  ///< by column; NaN, or not there, where there is none
  };

  explicit Series(std::size_t points_max = kPointsMax) : points_max_(points_max) {}

  /// The number of a column, which is made when there is none. kColumnsMax when there are too many.
  std::size_t column(std::string_view name, Fold fold);
  /// Values with numbers of columns past kColumnsMax are left out.
  void add(double at_s, double seconds, const std::vector<std::pair<std::size_t, double>>& values);
  /// Nothing is known of the time from `from_s` to `to_s`.
  void gap(double from_s, double to_s);

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  /// Names for which there was no column left; at most kLeftOutMax.
  [[nodiscard]] const std::set<std::string, std::less<>>& left_out() const { return left_out_; }
  /// With the newest one, although it may not cover its whole step yet.
  [[nodiscard]] std::vector<Point> points() const;
  /// Seconds that a point covers, if 1 s was added each time.
  [[nodiscard]] double step() const { return step_; }
  /// How often neighbours became one.
  [[nodiscard]] std::uint64_t halvings() const { return halvings_; }

  /// {"at_s":[],"seconds":[],"gaps":[[FROM,TO]...],"columns":{NAME:[...]}}; null where there is no value.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  void push(Point point);
  void flush();
  void halve();
  [[nodiscard]] Point merged(const Point& a, const Point& b) const;

  std::size_t points_max_;
  std::vector<Column> columns_;
  std::set<std::string, std::less<>> left_out_;
  std::vector<Point> points_;
  Point open_;  // collects until it covers a step; seconds 0: nothing
  double step_ = 1;
  std::uint64_t halvings_ = 0;
};

/// At most 5 significant digits: what the eye sees, and files stay small.
[[nodiscard]] double rounded(double value);

}  // namespace vfleet::control::results
