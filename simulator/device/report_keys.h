#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/bind.h"
#include "simulator/schedule/pacing.h"

/// The keys that every scheduled report of every device type has, below reports.NAME: every, jitter, phase,
/// once, at, at_spread, day_curve, burst, late. Profiles write them nested, `heartbeat: {every: 30s, jitter:
/// 10%}`. Defaults are those of the struct's own schedule::Pacing.
namespace vfleet::device {

namespace detail {
/// Shorter periods than the timer's tick only make bursts; `burst` says that better.
inline constexpr Duration kPeriodMin = std::chrono::milliseconds(1);
inline constexpr Duration kPeriodMax = std::chrono::hours(24 * 30);

inline void check_period(const std::string& path, Duration period, std::vector<std::string>& mistakes) {
  if (period == Duration::zero() || period >= kPeriodMin) return;
  mistakes.push_back(path + ": " + format_duration(period) + " is too short: expected 0 (off) or at least " +
                     format_duration(kPeriodMin));
}

/// Reads schedule::Pacing::texts into `at` and `curve`, as far as they can be read, and tells what cannot.
inline std::vector<std::string> read_texts(const std::string& section, schedule::Pacing& pacing) {
  std::vector<std::string> mistakes;
  pacing.at.clear();
  for (const std::string& text : pacing.texts.at) {
    if (auto rule = schedule::TimeRule::parse(text)) {
      pacing.at.push_back(*rule);
    } else {
      mistakes.push_back(section + "at: " + rule.error().detail);
    }
  }
  pacing.curve = {};
  if (auto curve = schedule::DayCurve::parse(pacing.texts.curve)) {
    pacing.curve = std::move(*curve);
  } else {
    mistakes.push_back(section + "day_curve: " + curve.error().detail);
  }
  return mistakes;
}
}  // namespace detail

/// Adds reports.NAME.{every,jitter,phase,once,at,at_spread,day_curve,burst,late}; `get` gives the
/// schedule::Pacing& of the struct:
///   add_report_keys(keys, "heartbeat", [](auto& c) -> auto& { return c.heartbeat; });
template <class T, class Get>
void add_report_keys(config::Struct<T>& keys, std::string_view report, Get get) {
  using schedule::Late;
  using schedule::Phase;
  const std::string name(report);
  const std::string section = "reports." + name + ".";
  keys.duration(
          section + "every", [get](auto& c) -> auto& { return get(c).period; })
      .range(Duration::zero(), detail::kPeriodMax)
      .doc("Time between two " + name + " reports of a device; 0 switches the schedule off.");
  keys.number(
          section + "jitter", Unit::ratio, [get](auto& c) -> auto& { return get(c).jitter; })
      .range(0, 1)
      .doc("How far each report moves at random, as a part of the period; reports keep their order.");
  keys.choice(section + "phase", [get](auto& c) -> auto& { return get(c).phase; },
              {{"spread", Phase::spread}, {"together", Phase::together}})
      .doc(
          "spread: each device has its own moment in the period; together: all devices report at the same "
          "moment.");
  keys.duration(
          section + "once", [get](auto& c) -> auto& { return get(c).once; })
      .range(Duration::zero(), detail::kPeriodMax)
      .doc(
          "Other than 0: a single report, this long after the start of the fleet; `every` is then not used.");
  keys.list(
          section + "at", config::Kind::text, Unit::none, [get](auto& c) -> auto& { return get(c).texts.at; })
      .doc(
          "Times of day in the fleet's time zone, in place of `every`: 06:30, 06:30:15, mon-fri 18:00, or "
          "cron's "
          "five fields (minute, hour, day of the month, month, weekday): */15 8-18 * * mon-fri.");
  keys.duration(
          section + "at_spread", [get](auto& c) -> auto& { return get(c).at_spread; })
      .range(Duration::zero(), std::chrono::hours(24))
      .doc(
          "Each device keeps its own moment in this time after each of `at`, instead of all reporting at "
          "once.");
  keys.list(
          section + "day_curve", config::Kind::text,
          Unit::none, [get](auto& c) -> auto& { return get(c).texts.curve; })
      .doc(
          "How busy the hours of the day are, in the fleet's time zone: [00:00 20%, 07:00 100%, 22:00 50%]. "
          "100% is "
          "what `every` says, at 50% reports are twice as far apart; 0% to 1000%, each until the next time.");
  keys.integer(
          section + "burst", [get](auto& c) -> auto& { return get(c).burst; })
      .range(1, 1000)
      .doc("How many reports are sent each time.");
  keys.choice(section + "late", [get](auto& c) -> auto& { return get(c).late; },
              {{"skip", Late::skip}, {"send_once", Late::send_once}})
      .doc("When points in time were missed: skip counts them, send_once sends one report for all of them.");
  keys.derive([get, section](T& c) { detail::read_texts(section, get(c)); });
  keys.check([get, section](const T& c, std::vector<std::string>& mistakes) {
    schedule::Pacing pacing = get(const_cast<T&>(c));
    detail::check_period(section + "every", pacing.period, mistakes);
    for (std::string& mistake : detail::read_texts(section, pacing)) mistakes.push_back(std::move(mistake));
  });
}

/// Adds one more period of a report that has its keys, as in reports.meter.idle_every: `second` is paced like
/// `first` in all but its period. Both give a schedule::Pacing&.
template <class T, class First, class Second>
void add_period_key(config::Struct<T>& keys, std::string_view report, std::string_view key, First first,
                    Second second, std::string doc) {
  const std::string path = "reports." + std::string(report) + "." + std::string(key);
  keys.duration(
          path, [second](auto& c) -> auto& { return second(c).period; })
      .range(Duration::zero(), detail::kPeriodMax)
      .doc(std::move(doc));
  keys.derive([first, second](T& c) {
    const Duration period = second(c).period;
    second(c) = first(c);
    second(c).period = period;
  });
  keys.check([second, path](const T& c, std::vector<std::string>& mistakes) {
    detail::check_period(path, second(const_cast<T&>(c)).period, mistakes);
  });
}

}  // namespace vfleet::device
