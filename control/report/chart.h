#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vfleet::control::report {

enum class Axis : unsigned char {
  per_second,  ///< "1.2k/s"
  latency,     ///< microseconds, on a logarithmic scale: "1 ms"
  part,        ///< 0..1 as "80%"
  count,
};

struct Line {
  std::string name;
  std::vector<double> values;  ///< as many as Chart::at_s; NaN where there is none
  bool worst = false;          ///< several points in one column of the picture: the highest, else the mean
};

struct Span {
  double from_s = 0;
  double to_s = 0;
};

struct Tick {
  double at_s = 0;
  std::string text;  ///< shown when the mouse is on it
  int number = 0;    ///< as in the list below the charts
};

/// A picture of figures over time, as an SVG element with a legend. Colours come from the page's style.
struct Chart {
  std::string title;
  std::string remark;  ///< a line below the title; may be empty
  Axis axis = Axis::count;
  std::vector<double> at_s;
  std::vector<Line> lines;  ///< at most kLinesMax are drawn
  std::vector<Tick> marks;
  std::vector<Span> gaps;
  double limit = 0;  ///< a line that should not be passed; 0: none
};

inline constexpr std::size_t kLinesMax = 8;

/// HTML; nothing when no line has a value. `number` makes ids unique.
[[nodiscard]] std::string render_chart(const Chart& chart, int number);

/// A value on an axis, short: "1.2k/s", "15 ms", "80%".
[[nodiscard]] std::string axis_text(double value, Axis axis);

}  // namespace vfleet::control::report
