#include "simulator/net/ramp.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "simulator/core/ascii.h"
#include "simulator/core/units.h"

namespace vfleet::net {
namespace {

tl::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument, "ramp \"" + std::string(text) + "\": " + std::string(why));
}

/// "100", "100/s", "6000/min".
Result<double> parse_rate(std::string_view text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  return bare ? parse_quantity(text, Unit::none) : parse_quantity(text, Unit::frequency);
}

}  // namespace

Result<Ramp> Ramp::parse(std::string_view text) {
  Ramp ramp;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = trimmed(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos) return bad(text, "expected TIME:RATE, as in 0s:100, 30s:2000");
    const auto at = parse_duration(trimmed(part.substr(0, colon)));
    if (!at) return bad(text, at.error().detail);
    const auto rate = parse_rate(trimmed(part.substr(colon + 1)));
    if (!rate) return bad(text, rate.error().detail);
    if (*at < Duration::zero() || !(*rate >= 0) || *rate > 1e6)
      return bad(text, "rates are 0 to 1000000 a second");
    if (!ramp.points_.empty() && *at <= ramp.points_.back().at) return bad(text, "times must ascend");
    ramp.points_.push_back({*at, *rate});
  }
  if (!ramp.points_.empty() && ramp.points_.back().rate < 0.01) {
    return bad(text, "the last rate must be 0.01 a second or more");
  }
  return ramp;
}

double Ramp::rate(Duration at) const {
  if (at <= points_.front().at) return points_.front().rate;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    const auto& [t0, r0] = points_[i - 1];
    const auto& [t1, r1] = points_[i];
    if (at < t1) return r0 + (r1 - r0) * (to_seconds(at - t0) / to_seconds(t1 - t0));
  }
  return points_.back().rate;
}

Duration Ramp::next(Duration from) const {
  const auto seconds = [](double s) { return Duration(static_cast<Duration::rep>(std::ceil(s * 1e9))); };
  double missing = 1;
  Duration at = from;
  if (at < points_.front().at) {
    const double there = to_seconds(points_.front().at - at) * points_.front().rate;
    if (there >= missing) return at + seconds(missing / points_.front().rate);
    missing -= there;
    at = points_.front().at;
  }
  for (std::size_t i = 1; i < points_.size(); ++i) {
    if (at >= points_[i].at) continue;
    const double r0 = rate(at);
    const double r1 = points_[i].rate;
    const double span = to_seconds(points_[i].at - at);
    const double there = span * (r0 + r1) / 2;
    if (there >= missing) {
      // r0 t + slope t^2 / 2 = missing, in the form that stays exact for a small slope.
      const double slope = (r1 - r0) / span;
      const double root = std::sqrt(std::max(0.0, r0 * r0 + 2 * slope * missing));
      return at + std::min(seconds(2 * missing / (r0 + root)), points_[i].at - at);
    }
    missing -= there;
    at = points_[i].at;
  }
  return at + seconds(missing / points_.back().rate);
}

Ramp Ramp::capped(double cap) const {
  Ramp out;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const Point& point = points_[i];
    // Where a line crosses the cap there is a corner.
    if (i > 0) {
      const Point& last = points_[i - 1];
      if ((last.rate < cap) != (point.rate < cap) && last.rate != cap && point.rate != cap) {
        const double part = (cap - last.rate) / (point.rate - last.rate);
        const Duration at =
            last.at +
            Duration(static_cast<Duration::rep>(part * static_cast<double>((point.at - last.at).count())));
        if (at > last.at && at < point.at) out.points_.push_back({at, cap});
      }
    }
    out.points_.push_back({point.at, std::min(point.rate, cap)});
  }
  return out;
}

}  // namespace vfleet::net
