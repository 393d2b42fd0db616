#include "control/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "control/report/escape.h"

namespace vfleet::control::report {
namespace {

constexpr double kWidth = 920;
constexpr double kHeight = 240;
constexpr double kLeft = 62;
constexpr double kRight = 14;
constexpr double kTop = 16;
constexpr double kBottom = 28;
constexpr std::size_t kPicturePoints = 600;
constexpr double kDigitRoom = 7;  // of a mark's number
constexpr std::size_t kManyMarks = 60;
constexpr double kValueMax = 1e18;  // larger ones are no figures, and no axis has steps for them
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Scale {
  double low = 0;
  double high = 1;
  bool log = false;
  std::vector<double> ticks;

  [[nodiscard]] double y(double value) const {
    const double part =
        log ? (std::log10(std::max(value, low)) - std::log10(low)) / (std::log10(high) - std::log10(low))
            : (value - low) / (high - low);
    return kHeight - kBottom - std::clamp(part, 0.0, 1.0) * (kHeight - kTop - kBottom);
  }
};

// 1, 2 or 5 times a power of ten, so that about `ticks` steps make `span`.
double nice_step(double span, int ticks) {
  const double raw = span / ticks;
  const double unit = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double each : {1.0, 2.0, 5.0}) {
    if (each * unit >= raw) return each * unit;
  }
  return 10 * unit;
}

Scale scale_of(const Chart& chart, const std::vector<Line>& lines) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const Line& line : lines) {
    for (const double value : line.values) {
      if (std::isnan(value)) continue;
      high = std::max(high, value);
      if (value > 0) low = std::min(low, value);
    }
  }
  Scale scale;
  if (chart.axis == Axis::latency) {
    scale.log = true;
    if (chart.limit > 0 && chart.limit < high * 20) high = std::max(high, chart.limit * 1.2);
    scale.low = std::pow(10.0, std::floor(std::log10(std::clamp(low, 1.0, 1e12))));
    scale.high = std::pow(10.0, std::ceil(std::log10(std::max(high, scale.low * 1.01))));
    for (double tick = scale.low; tick <= scale.high * 1.01; tick *= 10) scale.ticks.push_back(tick);
    return scale;
  }
  if (chart.limit > 0) high = std::max(high, chart.limit * 1.1);
  if (high <= 0) high = 1;
  high *= 1.04;
  double step = nice_step(high, 4);
  if (chart.axis == Axis::count) step = std::max(step, 1.0);
  scale.high = std::ceil(high / step - 1e-9) * step;
  for (double tick = 0; tick <= scale.high + step / 2; tick += step) scale.ticks.push_back(tick);
  return scale;
}

std::string time_text(double seconds, double span) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (span < 180) return fmt::format("{} s", whole);
  if (span < 3 * 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

double time_step(double span) {
  for (const double step : {1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
                            7200.0, 14400.0, 28800.0, 43200.0}) {
    if (span / step <= 10) return step;
  }
  return 86400.0 * std::ceil(span / 86400 / 10);
}

// As many points as the picture can show.
void thin_out(std::vector<double>& at_s, std::vector<Line>& lines) {
  const std::size_t size = at_s.size();
  if (size <= kPicturePoints) return;
  const std::size_t each = (size + kPicturePoints - 1) / kPicturePoints;
  std::vector<double> at;
  for (std::size_t i = 0; i < size; i += each) at.push_back(at_s[std::min(i + each, size) - 1]);
  for (Line& line : lines) {
    std::vector<double> values;
    for (std::size_t i = 0; i < size; i += each) {
      double sum = 0;
      double most = kNone;
      std::size_t count = 0;
      for (std::size_t k = i; k < std::min(i + each, size); ++k) {
        const double value = line.values[k];
        if (std::isnan(value)) continue;
        sum += value;
        most = std::isnan(most) ? value : std::max(most, value);
        ++count;
      }
      values.push_back(count == 0 ? kNone : line.worst ? most : sum / static_cast<double>(count));
    }
    line.values = std::move(values);
  }
  at_s = std::move(at);
}

std::string data_of(const std::vector<double>& at_s, const std::vector<Line>& lines, Axis axis) {
  // The texts are made here, so that the script knows no units.
  std::string out = "{\"t\":[";
  for (std::size_t i = 0; i < at_s.size(); ++i) out += fmt::format("{}{:.2f}", i == 0 ? "" : ",", at_s[i]);
  out += "],\"v\":[";
  for (std::size_t n = 0; n < lines.size(); ++n) {
    out += n == 0 ? "[" : ",[";
    for (std::size_t i = 0; i < lines[n].values.size(); ++i) {
      const double value = lines[n].values[i];
      out += fmt::format("{}{}", i == 0 ? "" : ",",
                         std::isnan(value) ? "0" : "\"" + axis_text(value, axis) + "\"");
    }
    out += "]";
  }
  return out + "]}";
}

// A line each; a number where it does not lie on the one before. Many are fainter, so that the curves are
// seen.
template <class X>
std::string marks_of(const std::vector<Tick>& marks, double begin, double end, X x) {
  std::string out;
  double numbered = -kWidth;  // where the last number ends
  for (const Tick& mark : marks) {
    if (mark.at_s < begin || mark.at_s > end) continue;
    const double at = x(mark.at_s);
    out += fmt::format("<g class=\"mark{0}\"><line x1=\"{1:.1f}\" x2=\"{1:.1f}\" y1=\"{2}\" y2=\"{3}\"/>",
                       marks.size() > kManyMarks ? " many" : "", at, kTop, kHeight - kBottom);
    const double half = kDigitRoom * static_cast<double>(std::to_string(mark.number).size()) / 2;
    if (at - half >= numbered + kDigitRoom) {
      numbered = at + half;
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>", at, kTop - 4,
                         mark.number);
    }
    out += fmt::format("<title>{}: {}</title></g>", mark.number, escaped(mark.text));
  }
  return out;
}

}  // namespace

std::string axis_text(double value, Axis axis) {
  switch (axis) {
    case Axis::latency:
      if (value < 1000) return fmt::format("{:.0f} us", value);
      if (value < 1e6) return fmt::format("{:.3g} ms", value / 1e3);
      return fmt::format("{:.3g} s", value / 1e6);
    case Axis::part:
      return fmt::format("{:.3g}%", value * 100);
    case Axis::per_second:
    case Axis::count: {
      const char* unit = axis == Axis::per_second ? "/s" : "";
      if (value >= 1e6) return fmt::format("{:.4g}M{}", value / 1e6, unit);
      if (value >= 1e4) return fmt::format("{:.4g}k{}", value / 1e3, unit);
      return fmt::format("{:.4g}{}", value, unit);
    }
  }
  return {};
}

std::string render_chart(const Chart& chart, int number) {
  std::vector<double> at_s = chart.at_s;
  std::vector<Line> lines;
  std::size_t drawable = 0;
  for (const Line& line : chart.lines) {
    const bool any =
        std::any_of(line.values.begin(), line.values.end(), [](double value) { return !std::isnan(value); });
    if (!any || line.values.size() != at_s.size() || ++drawable > kLinesMax) continue;
    lines.push_back(line);
    for (double& value : lines.back().values) value = std::abs(value) <= kValueMax ? value : kNone;
  }
  if (lines.empty() || at_s.empty()) return {};
  thin_out(at_s, lines);
  const double begin = std::min(at_s.front(), 0.0);
  const double end = std::max(at_s.back(), begin + 1);
  const auto x = [&](double at) { return kLeft + (at - begin) / (end - begin) * (kWidth - kLeft - kRight); };
  const Scale scale = scale_of(chart, lines);
  const double floor_y = kHeight - kBottom;

  std::string remark = chart.remark;
  if (drawable > lines.size()) {
    if (!remark.empty()) remark += "; ";
    remark += fmt::format("the {} largest of {}", lines.size(), drawable);
  }

  std::string svg;
  for (const double tick : scale.ticks) {
    const double y = scale.y(tick);
    svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
                       kWidth - kRight, y, y);
    svg += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kLeft - 8,
                       y + 4, axis_text(tick, chart.axis));
  }
  const double step = time_step(end - begin);
  for (double at = std::ceil(begin / step) * step; at <= end + 1e-9; at += step) {
    svg += fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>", x(at),
                       kHeight - 9, time_text(at, end - begin));
  }
  for (const Span& gap : chart.gaps) {
    const double from = std::clamp(x(gap.from_s), kLeft, kWidth - kRight);
    const double to = std::clamp(x(gap.to_s), kLeft, kWidth - kRight);
    svg += fmt::format(
        "<rect class=\"gap\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"><title>nothing is known of "
        "this time: control was away</title></rect>",
        from, kTop, std::max(to - from, 2.0), floor_y - kTop);
  }
  svg += marks_of(chart.marks, begin, end, x);
  if (chart.limit > 0 && (!scale.log || chart.limit <= scale.high)) {
    const double y = scale.y(chart.limit);
    svg += fmt::format(
        "<line class=\"limit\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/><text class=\"limit\" "
        "x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">limit {5}</text>",
        kLeft, kWidth - kRight, y, kWidth - kRight - 4, y - 5, axis_text(chart.limit, chart.axis));
  }
  std::string legend;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    std::string path;
    std::string dots;
    bool pen_down = false;
    for (std::size_t i = 0; i < at_s.size(); ++i) {
      const double value = lines[n].values[i];
      if (std::isnan(value)) {
        pen_down = false;
        continue;
      }
      const bool alone = !pen_down && (i + 1 == at_s.size() || std::isnan(lines[n].values[i + 1]));
      if (alone) {
        dots += fmt::format(
            "<circle class=\"line c{}\" stroke-width=\"2\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"/>", n,
            x(at_s[i]), scale.y(value));
        continue;
      }
      path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x(at_s[i]), scale.y(value));
      pen_down = true;
    }
    // Those below are wider: lines that lie on each other are all seen.
    const double width = std::min(1.6 + 1.1 * static_cast<double>(lines.size() - 1 - n), 4.2);
    svg += fmt::format("<path class=\"line c{}\" stroke-width=\"{:.1f}\" d=\"{}\"/>", n, width, path);
    svg += dots;
    legend += fmt::format("<span class=\"key\"><i class=\"k{0}\"></i>{1}<b data-line=\"{0}\"></b></span>", n,
                          escaped(lines[n].name));
  }
  return fmt::format(
      "<figure class=\"chart\" data-left=\"{}\" data-right=\"{}\" data-width=\"{}\" data-begin=\"{:.3f}\" "
      "data-end=\"{:.3f}\"><figcaption><h3>{}</h3>{}<div class=\"legend\">{}<span "
      "class=\"when\"></span></div>"
      "</figcaption><div class=\"plot\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}<line "
      "class=\"cross\" "
      "y1=\"{}\" "
      "y2=\"{}\" x1=\"-9\" x2=\"-9\"/></svg></div><script type=\"application/json\" "
      "id=\"d{}\">{}</script></figure>\n",
      kLeft, kWidth - kRight, kWidth, begin, end, escaped(chart.title),
      remark.empty() ? std::string() : "<p>" + escaped(remark) + "</p>", legend, kWidth, kHeight,
      escaped(chart.title), svg, kTop, floor_y, number, data_of(at_s, lines, chart.axis));
}

}  // namespace vfleet::control::report
