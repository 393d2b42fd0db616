#include "simulator/schedule/times_of_day.h"

#include <gtest/gtest.h>

#include "simulator/core/time_zone.h"

namespace vfleet::schedule {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

/// "2026-03-29 01:30" or with seconds.
sys_seconds at(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  EXPECT_GE(std::sscanf(text.c_str(), "%d-%u-%u %d:%d:%d", &year, &month, &day, &hour, &minute, &second), 5)
      << text;
  return sys_days(std::chrono::year(year) / month / day) + hours(hour) + minutes(minute) + seconds(second);
}

DayClock clock_in(const std::string& zone) {
  const auto spans = zone_spans(zone, at("2026-01-01 00:00"), at("2046-01-01 00:00"));
  EXPECT_TRUE(spans) << spans.error().detail;
  return {WallTime(at("2026-01-01 00:00")), 1, spans.value_or(std::vector<ZoneSpan>())};
}

std::vector<TimeRule> rules(const std::vector<std::string>& texts) {
  std::vector<TimeRule> out;
  for (const std::string& text : texts) {
    const auto rule = TimeRule::parse(text);
    EXPECT_TRUE(rule) << rule.error().detail;
    if (rule) out.push_back(*rule);
  }
  return out;
}

struct Case {
  std::vector<std::string> texts;
  std::string zone;
  std::string after;
  std::vector<std::string> due;  // UTC
};

TEST(TimesOfDay, ComeWhenTheLocalClockShowsThem) {
  const std::vector<Case> cases = {
      {{"06:30"}, "UTC", "2026-11-21 06:29:59", {"2026-11-21 06:30", "2026-11-22 06:30"}},
      {{"06:30"}, "UTC", "2026-11-21 06:30", {"2026-11-22 06:30"}},
      {{"06:30:15"}, "UTC", "2026-11-21 06:30", {"2026-11-21 06:30:15", "2026-11-22 06:30:15"}},
      {{"18:00", "06:30"}, "UTC", "2026-11-21 07:00", {"2026-11-21 18:00", "2026-11-22 06:30"}},
      {{"06:30"}, "Asia/Shanghai", "2026-11-21 00:00", {"2026-11-21 22:30", "2026-11-22 22:30"}},
      {{"mon-fri 18:00"}, "UTC", "2026-11-20 18:00", {"2026-11-23 18:00"}},  // a Friday
      {{"sat,sun 09:00"},
       "UTC",
       "2026-11-20 18:00",
       {"2026-11-21 09:00", "2026-11-22 09:00", "2026-11-28 09:00"}},
      {{"fri-mon 09:00"},
       "UTC",
       "2026-11-21 12:00",
       {"2026-11-22 09:00", "2026-11-23 09:00", "2026-11-27 09:00"}},
      // cron
      {{"*/15 8-9 * * *"}, "UTC", "2026-11-21 08:50", {"2026-11-21 09:00", "2026-11-21 09:15"}},
      {{"*/15 8-9 * * *"}, "UTC", "2026-11-21 09:45", {"2026-11-22 08:00"}},
      {{"5/20 * * * *"},
       "UTC",
       "2026-11-21 08:50",
       {"2026-11-21 09:05", "2026-11-21 09:25", "2026-11-21 09:45"}},
      {{"0 0 1 jan *"}, "UTC", "2026-11-21 08:50", {"2027-01-01 00:00", "2028-01-01 00:00"}},
      {{"0 12 31 * *"},
       "UTC",
       "2026-11-21 08:50",
       {"2026-12-31 12:00", "2027-01-31 12:00", "2027-03-31 12:00"}},
      {{"0 0 29 2 *"}, "UTC", "2026-11-21 08:50", {"2028-02-29 00:00", "2032-02-29 00:00"}},
      {{"30 4 1,15 * 5"}, "UTC", "2026-11-13 05:00", {"2026-11-15 04:30", "2026-11-20 04:30"}},  // either
      {{"0 6 * * 7"}, "UTC", "2026-11-21 08:50", {"2026-11-22 06:00"}},
      {{"0 6 */2 * mon"}, "UTC", "2026-11-21 08:50", {"2026-11-23 06:00", "2026-12-07 06:00"}},  // both
      // Forward at 01:00 UTC on 29 March: 02:00 to 03:00 is left out.
      {{"02:30"},
       "Europe/Berlin",
       "2026-03-28 00:00",
       {"2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"}},
      {{"02:30"}, "Europe/Berlin", "2026-03-29 01:00", {"2026-03-30 00:30"}},
      {{"02:00", "02:30", "03:00"},
       "Europe/Berlin",
       "2026-03-29 00:30",
       {"2026-03-29 01:00", "2026-03-30 00:00"}},
      {{"*/30 * * * *"}, "Europe/Berlin", "2026-03-29 00:30", {"2026-03-29 01:00", "2026-03-29 01:30"}},
      {{"30 * * * *"}, "Europe/Berlin", "2026-03-29 00:30", {"2026-03-29 01:30"}},
      // Back at 01:00 UTC on 25 October: 02:00 to 03:00 comes twice.
      {{"02:30"}, "Europe/Berlin", "2026-10-24 12:00", {"2026-10-25 00:30", "2026-10-26 01:30"}},
      {{"02:30"}, "Europe/Berlin", "2026-10-25 00:45", {"2026-10-26 01:30"}},
      {{"02:00", "03:00"}, "Europe/Berlin", "2026-10-25 00:30", {"2026-10-25 02:00"}},
      {{"30 * * * *"},
       "Europe/Berlin",
       "2026-10-25 00:00",
       {"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"}},
      {{"30 2 * * sun"}, "America/New_York", "2026-03-07 00:00", {"2026-03-08 07:00", "2026-03-15 06:30"}},
  };
  for (const Case& each : cases) {
    const DayClock clock = clock_in(each.zone);
    const auto table = rules(each.texts);
    sys_seconds now = at(each.after);
    for (const std::string& expected : each.due) {
      const auto next = next_time(table, clock, now);
      ASSERT_TRUE(next) << each.texts.front() << " after " << each.after;
      EXPECT_EQ(*next, at(expected)) << each.texts.front() << " in " << each.zone << " after " << each.after
                                     << ": " << (*next - at(expected)).count() << " s off " << expected;
      now = *next;
    }
  }
}

TEST(TimesOfDay, ASearchFromAnySecondFindsTheSameMoments) {
  const DayClock clock = clock_in("Europe/Berlin");
  const auto table = rules({"02:15", "30 * * * *", "mon 03:00:30"});
  std::vector<sys_seconds> due;
  const sys_seconds begin = at("2026-10-24 00:00");
  const sys_seconds end = at("2026-10-27 00:00");
  for (auto next = next_time(table, clock, begin); next && *next < end; next = next_time(table, clock, *next))
    due.push_back(*next);
  EXPECT_EQ(due.size(), 3U + 72U + 1U);
  auto expected = due.begin();
  for (sys_seconds now = begin; now < due.back(); now += 7s) {
    while (*expected <= now) ++expected;
    ASSERT_EQ(next_time(table, clock, now), *expected);
  }
}

TEST(TimesOfDay, WhatNeverComesEnds) {
  EXPECT_EQ(next_time({}, clock_in("UTC"), at("2026-11-21 08:50")), std::nullopt);
}

TEST(TimesOfDay, StepsFromSundayGoThroughTheWeekHoweverSundayIsWritten) {
  const auto zero = TimeRule::parse("0 0 * * 0/2");
  const auto seven = TimeRule::parse("0 0 * * 7/2");
  ASSERT_TRUE(zero && seven);
  EXPECT_EQ(*zero, *seven);
  EXPECT_EQ(seven->weekdays, 0b1010101);
}

TEST(TimesOfDay, ErrorsNameWhatWasExpected) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "expected a time of day (06:30, mon-fri 18:00) or cron's five fields"},
      {"soon", "expected a time of day"},
      {"24:00", "'24:00' is not a time of day: expected one such as 06:30 or 06:30:15"},
      {"6:5", "not a time of day"},
      {"06:60", "not a time of day"},
      {"06:30:15:01", "not a time of day"},
      {"-1:30", "not a time of day"},
      {"mon 06:30 now", "expected a time of day"},
      {"moon 06:30", "the weekday 'moon' is not one: expected 0 to 7 or a name such as mon"},
      {"mon, 06:30", "has an empty part"},
      {"60 * * * *", "the minute '60' is not one: expected 0 to 59"},
      {"* 24 * * *", "the hour '24' is not one"},
      {"* * 0 * *", "the day of the month '0' is not one: expected 1 to 31"},
      {"* * * 13 *", "the month '13' is not one: expected 1 to 12 or a name such as feb"},
      {"* * * * 8", "the weekday '8' is not one"},
      {"9-5 * * * *", "the minute '9-5' ends before it begins"},
      {"*/0 * * * *", "the step of the minute '*/0' is not one"},
      {"*/x * * * *", "the step of the minute '*/x' is not one"},
      {"1,,2 * * * *", "has an empty part"},
      {"0 0 31 feb *", "this day never comes"},
      {"0 0 30,31 2 *", "this day never comes"},
      {"* * * *", "expected a time of day"},
      {"* * * * * *", "expected a time of day"},
      {"99999999999 * * * *", "is not one"},
  };
  for (const auto& [text, expected] : cases) {
    const auto rule = TimeRule::parse(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().code, Errc::invalid_argument);
    EXPECT_NE(rule.error().detail.find("'" + text + "': "), std::string::npos) << rule.error().detail;
    EXPECT_NE(rule.error().detail.find(expected), std::string::npos) << rule.error().detail;
  }
}

}  // namespace
}  // namespace vfleet::schedule
