#include "simulator/schedule/day_curve.h"

#include <gtest/gtest.h>

#include "simulator/core/random.h"

namespace vfleet::schedule {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

DayCurve curve(const std::vector<std::string>& texts) {
  auto read = DayCurve::parse(texts);
  EXPECT_TRUE(read) << read.error().detail;
  return read.value_or(DayCurve());
}

TEST(DayCurve, EvenTimePassesByTheRateOfTheHour) {
  const DayClock clock;  // starts at midnight
  const DayCurve day = curve({"06:00 100%", "22:00 50%"});
  struct Row {
    Duration real;
    Duration even;
  };
  const Row rows[] = {{0h, 0h},
                      {6h, 3h},
                      {7h, 4h},
                      {22h, 19h},
                      {24h, 20h},
                      {30h, 23h},
                      {31h, 24h},
                      {10 * 24h, 10 * 20h},
                      {24h * 365, 20h * 365}};
  for (const Row& row : rows) {
    EXPECT_EQ(day.even_of(clock, row.real), row.even);
    EXPECT_EQ(day.real_of(clock, row.even), row.real);
  }
}

TEST(DayCurve, HoursWithoutReportsAreLeftOut) {
  const DayClock clock;
  const DayCurve day = curve({"00:00 0%", "08:00 200%", "10:00 0"});
  EXPECT_EQ(day.real_of(clock, 0h), Duration(0h)) << "the start is the start";
  EXPECT_EQ(day.real_of(clock, 1s), Duration(8h + 500ms));
  EXPECT_EQ(day.real_of(clock, 4h), Duration(10h));
  EXPECT_EQ(day.real_of(clock, 4h + 1s), Duration(32h + 500ms));
  EXPECT_EQ(day.even_of(clock, 9h), Duration(2h));
  EXPECT_EQ(day.even_of(clock, 20h), Duration(4h));
}

TEST(DayCurve, FollowsTheLocalClockWhereItIsSet) {
  // At 01:00 UTC of the second day the clock goes an hour forward, at 01:00 UTC of the fourth an hour back.
  const sys_seconds begin{};
  const DayClock clock(WallTime(begin), 1, {{begin, 0s}, {begin + 25h, 1h}, {begin + 73h, 0s}});
  const DayCurve day = curve({"00:00 100%", "01:30 50%", "03:00 100%"});
  // On the second day the local clock shows 0:00 .. 1:00, 2:00 ..: an hour of the slow time is an hour
  // shorter.
  EXPECT_EQ(day.even_of(clock, 24h), Duration(23h + 15min));
  EXPECT_EQ(day.even_of(clock, 48h) - day.even_of(clock, 24h), Duration(23h + 30min));
  // On the fourth, from 1:00 to 2:00 twice: 1:00-1:30 fast, 1:30-2:00 slow, twice.
  EXPECT_EQ(day.even_of(clock, 75h) - day.even_of(clock, 72h), Duration(3h - 4 * 15min));
  for (Duration real = 0h; real < 120h; real += 7min) {
    EXPECT_EQ(day.real_of(clock, day.even_of(clock, real)), real);
  }
}

TEST(DayCurve, ADayOfTheModelPassesWithItsTimeScale) {
  const DayClock clock(WallTime{}, 24, {});  // a day an hour
  const DayCurve day = curve({"00:00 100%", "12:00 20%"});
  EXPECT_EQ(day.even_of(clock, 30min), Duration(30min));
  EXPECT_EQ(day.even_of(clock, 1h), Duration(36min));
  EXPECT_EQ(day.real_of(clock, 36min), Duration(1h));
  EXPECT_EQ(day.real_of(clock, 33min), Duration(45min));
}

TEST(DayCurve, ComesBackToWhereItWas) {
  Random random(7, 7, "curve");
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> texts;
    for (std::uint64_t minute = random.below(600); minute < 1440; minute += 1 + random.below(400)) {
      texts.push_back(std::to_string(minute / 60) + ":" + (minute % 60 < 10 ? "0" : "") +
                      std::to_string(minute % 60) + " " + std::to_string(1 + random.below(300)) + "%");
    }
    if (texts.empty()) continue;
    const DayCurve day = curve(texts);
    const double scale = round % 2 == 0 ? 1 : 0.01 + random.uniform() * 5000;
    const DayClock clock(WallTime(seconds(static_cast<std::int64_t>(random.below(2'000'000'000)))), scale,
                         {});
    Duration last(0);
    for (int i = 0; i < 50; ++i) {
      const Duration even(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2.6e15 / scale))));
      const Duration real = day.real_of(clock, even);
      EXPECT_NEAR(static_cast<double>((day.even_of(clock, real) - even).count()), 0, 20 + 20 * scale);
      EXPECT_GE(day.real_of(clock, even + 1ns), real);
      EXPECT_GE(day.even_of(clock, real + 1s), day.even_of(clock, real));
      last = real;
    }
    EXPECT_GT(last, 0ns);
  }
}

TEST(DayCurve, ErrorsNameTheTextAndWhatWasExpected) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"07:00"}, "'07:00': expected a time and a rate, such as 07:00 80%"},
      {{"07:00 "}, "'07:00 ': expected a time and a rate, such as 07:00 80%"},
      {{"7h 80%"}, "'7h 80%': '7h' is not a time of day"},
      {{"07:00 fast"}, "'07:00 fast': "},
      {{"07:00 -5%"}, "'07:00 -5%': expected a rate of 0% to 1000%"},
      {{"07:00 1001%"}, "expected a rate of 0% to 1000%"},
      {{"07:00 80%", "06:00 20%"}, "'06:00 20%': the times are not in ascending order"},
      {{"07:00 80%", "07:00 20%"}, "not in ascending order"},
      {{"00:00 0%", "07:00 0%"}, "every rate of the day is 0%"},
  };
  for (const auto& [texts, expected] : cases) {
    const auto read = DayCurve::parse(texts);
    ASSERT_FALSE(read) << expected;
    EXPECT_NE(read.error().detail.find(expected), std::string::npos) << read.error().detail;
  }
  EXPECT_TRUE(curve({}).empty());
}

}  // namespace
}  // namespace vfleet::schedule
