#include "simulator/schedule/day_curve.h"

#include <algorithm>
#include <cmath>

#include "simulator/core/units.h"
#include "simulator/schedule/times_of_day.h"

namespace vfleet::schedule {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86400 * kSecond;
constexpr std::int64_t kMillion = 1'000'000;

std::int64_t ns(std::chrono::sys_seconds at) {
  return at.time_since_epoch().count() * kSecond;
}
std::int64_t ns(std::chrono::seconds by) {
  return by.count() * kSecond;
}
/// Of the span that the grid begins in.
std::size_t first_span(const DayClock& clock) {
  return clock.span_at(std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<nanoseconds>(nanoseconds(clock.at_start()))));
}

}  // namespace

Result<DayCurve> DayCurve::parse(const std::vector<std::string>& texts) {
  DayCurve curve;
  const auto wrong = [](const std::string& text, const std::string& why) {
    return fail(Errc::invalid_argument, "'" + text + "': " + why);
  };
  for (const std::string& text : texts) {
    const auto gap = text.find_first_of(" \t");
    const auto second = text.find_first_not_of(" \t", gap);
    if (gap == std::string::npos || second == std::string::npos)
      return wrong(text, "expected a time and a rate, such as 07:00 80%");
    const auto time = parse_time_of_day(std::string_view(text).substr(0, gap));
    if (!time) return wrong(text, time.error().detail);
    const auto rate = parse_quantity(std::string_view(text).substr(second), Unit::ratio);
    if (!rate) return wrong(text, rate.error().detail);
    if (!(*rate >= 0 && *rate <= kRateMax)) return wrong(text, "expected a rate of 0% to 1000%");
    const std::int64_t begin = *time * kSecond;
    if (!curve.steps_.empty() && curve.steps_.back().begin >= begin)
      return wrong(text, "the times are not in ascending order");
    curve.steps_.push_back({begin, std::llround(*rate * static_cast<double>(kMillion)), 0});
  }
  if (curve.steps_.empty()) return curve;
  if (curve.steps_.front().begin != 0)
    curve.steps_.insert(curve.steps_.begin(), {0, curve.steps_.back().rate, 0});
  for (std::size_t i = 0; i < curve.steps_.size(); ++i) {
    Step& step = curve.steps_[i];
    const std::int64_t end = i + 1 < curve.steps_.size() ? curve.steps_[i + 1].begin : kDay;
    step.before = curve.day_;
    curve.day_ += static_cast<Work>(end - step.begin) * step.rate;
  }
  if (curve.day_ == 0) return fail(Errc::invalid_argument, "every rate of the day is 0%");
  return curve;
}

DayCurve::Work DayCurve::work_to(std::int64_t local) const {
  std::int64_t day = local / kDay;
  if (local % kDay < 0) --day;
  const std::int64_t of_day = local - day * kDay;
  std::size_t i = steps_.size() - 1;
  while (steps_[i].begin > of_day) --i;
  return day_ * day + steps_[i].before + static_cast<Work>(of_day - steps_[i].begin) * steps_[i].rate;
}

std::int64_t DayCurve::local_at(Work work) const {
  // The day in which it becomes done: work lies in (day * day_, (day + 1) * day_].
  Work day = (work - 1) / day_;
  if ((work - 1) % day_ < 0) --day;
  if (day > DayClock::kEnd / kDay) return DayClock::kEnd;
  const Work rest = work - day * day_;
  // Never a step of rate 0: the one after it begins with the same work.
  std::size_t i = steps_.size() - 1;
  while (steps_[i].before >= rest) --i;
  const Work missing = rest - steps_[i].before;
  return static_cast<std::int64_t>(day) * kDay + steps_[i].begin +
         static_cast<std::int64_t>((missing + steps_[i].rate - 1) / steps_[i].rate);
}

// The local clock is set forward and back: work is that of each span between two such moments, added up.
Duration DayCurve::even_of(const DayClock& clock, Duration real) const {
  const std::int64_t to = clock.wall_of(real);
  const auto& spans = clock.spans();
  Work done = 0;
  std::int64_t from = clock.at_start();
  for (std::size_t i = first_span(clock); from < to; ++i) {
    const std::int64_t end = i + 1 < spans.size() ? std::min(ns(spans[i + 1].begin), to) : to;
    done += work_to(end + ns(spans[i].offset)) - work_to(from + ns(spans[i].offset));
    from = end;
  }
  if (clock.time_scale() == 1) return Duration(static_cast<std::int64_t>(done / kMillion));
  return Duration(static_cast<std::int64_t>(static_cast<long double>(done) / kMillion / clock.time_scale()));
}

Duration DayCurve::real_of(const DayClock& clock, Duration even) const {
  if (even <= Duration::zero()) return Duration::zero();
  const auto& spans = clock.spans();
  Work left = clock.time_scale() == 1
                  ? static_cast<Work>(even.count()) * kMillion
                  : static_cast<Work>(static_cast<long double>(even.count()) * clock.time_scale() * kMillion);
  std::int64_t from = clock.at_start();
  for (std::size_t i = first_span(clock);; ++i) {
    const std::int64_t offset = ns(spans[i].offset);
    const Work begun = work_to(from + offset);
    if (i + 1 < spans.size()) {
      const Work whole = work_to(ns(spans[i + 1].begin) + offset) - begun;
      if (whole < left) {
        left -= whole;
        from = ns(spans[i + 1].begin);
        continue;
      }
    }
    return clock.real_of(local_at(begun + left) - offset);
  }
}

}  // namespace vfleet::schedule
