#include "simulator/schedule/pacing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "simulator/core/random.h"

namespace vfleet::schedule {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000h};

std::vector<TimePoint> points(const Pacing& pacing, const Grid& grid, int count) {
  std::vector<TimePoint> out;
  TimePoint at = kStart - 1ns;
  for (int i = 0; i < count; ++i) out.push_back(at = next_due(pacing, grid, at));
  return out;
}

TEST(Pacing, TogetherStandsOnTheGridOfTheStart) {
  const Pacing pacing{.period = 10s, .phase = Phase::together};
  EXPECT_EQ(points(pacing, {kStart, 7}, 3), (std::vector<TimePoint>{kStart, kStart + 10s, kStart + 20s}));
}

TEST(Pacing, AGridThatBeginsWithSomethingHasItsFirstPointAPeriodLater) {
  const Grid grid{.start = kStart, .identity = 7, .begins = true};
  for (const Phase phase : {Phase::spread, Phase::together}) {
    const Pacing pacing{.period = 10s, .phase = phase};
    EXPECT_EQ(points(pacing, grid, 3), (std::vector<TimePoint>{kStart + 10s, kStart + 20s, kStart + 30s}));
    EXPECT_EQ(points_between(pacing, grid, kStart, kStart + 10s), 1U);
  }
}

TEST(Pacing, SpreadGivesEachDeviceItsPartOfThePeriod) {
  const Pacing pacing{.period = 10s};
  std::vector<int> tenths(10);
  for (std::uint64_t device = 0; device < 10000; ++device) {
    const TimePoint first = next_due(pacing, {kStart, device}, kStart);
    ASSERT_GT(first, kStart);
    ASSERT_LE(first, kStart + 10s);
    ++tenths[static_cast<std::size_t>((first - kStart - 1ns) / 1s)];
  }
  for (int count : tenths) EXPECT_NEAR(count, 1000, 150);
}

TEST(Pacing, ANewPeriodKeepsTheRelativePhase) {
  const Grid grid{kStart, 99};
  const auto phase = [&](Duration period) {
    return to_seconds(next_due({.period = period}, grid, kStart - 1ns) - kStart) / to_seconds(period);
  };
  EXPECT_NEAR(phase(10s), phase(1000s), 1e-9);
  EXPECT_NEAR(phase(10s), phase(2s), 1e-9);
}

TEST(Pacing, JitterKeepsTheOrderAndTheRate) {
  for (std::uint64_t identity = 0; identity < 200; ++identity) {
    const Pacing pacing{.period = 1s, .jitter = 1.0F};
    const auto all = points(pacing, {kStart, identity}, 200);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_NEAR(to_seconds(all.back() - all.front()), 199, 2);
  }
}

TEST(Pacing, TheNextPointIsAlwaysTheFirstAfter) {
  Random random(5, 5, "pacing");
  for (int i = 0; i < 2000; ++i) {
    const Pacing pacing{.period = Duration(1 + static_cast<std::int64_t>(random.below(3'600'000'000'000))),
                        .jitter = static_cast<float>(random.uniform())};
    const Grid grid{kStart, random.next()};
    const TimePoint after = kStart + Duration(static_cast<std::int64_t>(random.below(1'000'000'000'000'000)));
    const TimePoint next = next_due(pacing, grid, after);
    ASSERT_GT(next, after);
    EXPECT_EQ(points_between(pacing, grid, after, next), 1u);
    EXPECT_EQ(points_between(pacing, grid, after, next - 1ns), 0u);
  }
}

TEST(Pacing, OnceFiresOnce) {
  const Pacing pacing{.once = 5s};
  EXPECT_EQ(next_due(pacing, {kStart, 1}, kStart), kStart + 5s);
  EXPECT_EQ(next_due(pacing, {kStart, 1}, kStart + 5s), kNever);
  EXPECT_EQ(points_between(pacing, {kStart, 1}, kStart, kStart + 1h), 1u);
}

TEST(Pacing, ZeroIsNeverDue) {
  EXPECT_EQ(next_due({}, {kStart, 1}, kStart), kNever);
  EXPECT_EQ(points_between({}, {kStart, 1}, kStart, kStart + 1h), 0u);
}

TEST(Pacing, CountsThePointsThatWereMissed) {
  const Pacing pacing{.period = 1s, .phase = Phase::together};
  EXPECT_EQ(points_between(pacing, {kStart, 1}, kStart, kStart + 10s), 10u);
  EXPECT_EQ(points_between(pacing, {kStart, 1}, kStart + 10s, kStart), 0u);
}

Pacing at_times(const std::vector<std::string>& texts, Duration spread = Duration(0)) {
  Pacing pacing{.period = 10s};
  for (const std::string& text : texts) pacing.at.push_back(*TimeRule::parse(text));
  pacing.at_spread = spread;
  return pacing;
}

Pacing on_curve(const std::vector<std::string>& texts, Duration period) {
  Pacing pacing{.period = period};
  pacing.curve = *DayCurve::parse(texts);
  return pacing;
}

TEST(Pacing, TimesOfDayReplaceThePeriod) {
  const DayClock clock(WallTime(5h), 1, {});  // the fleet starts at 05:00
  const Pacing pacing = at_times({"06:30", "18:00"});
  EXPECT_EQ(points(pacing, {kStart, 7, &clock}, 3),
            (std::vector<TimePoint>{kStart + 90min, kStart + 13h, kStart + 25h + 30min}));
  EXPECT_EQ(points_between(pacing, {kStart, 7, &clock}, kStart, kStart + 48h), 4u);
  EXPECT_TRUE(at_times({"06:30"}).scheduled());
}

TEST(Pacing, TimesOfDayCameBeforeTheStartForNobody) {
  const DayClock clock(WallTime(6h + 30min), 1, {});
  EXPECT_EQ(next_due(at_times({"06:30"}), {kStart, 1, &clock}, kStart - 10h), kStart);
  EXPECT_EQ(next_due(at_times({"06:29"}), {kStart, 1, &clock}, kStart - 10h), kStart + 23h + 59min);
}

TEST(Pacing, DevicesSpreadAfterATimeOfDayAndKeepTheirMoment) {
  const DayClock clock;
  const Pacing pacing = at_times({"12:00"}, 10min);
  std::vector<int> minutes(10);
  for (std::uint64_t device = 0; device < 5000; ++device) {
    const auto days = points(pacing, {kStart, device, &clock}, 2);
    ASSERT_EQ(days[1] - days[0], Duration(24h));
    ASSERT_GE(days[0], kStart + 12h);
    ASSERT_LT(days[0], kStart + 12h + 10min);
    ++minutes[static_cast<std::size_t>((days[0] - kStart - 12h) / 1min)];
  }
  for (int count : minutes) EXPECT_NEAR(count, 500, 100);
}

TEST(Pacing, ADayOfTheModelHasItsTimesInARealMinute) {
  const DayClock clock(WallTime{}, 1440, {});  // a day a minute
  EXPECT_EQ(points(at_times({"06:00", "12:00"}), {kStart, 7, &clock}, 3),
            (std::vector<TimePoint>{kStart + 15s, kStart + 30s, kStart + 75s}));
}

TEST(Pacing, ACurveOfAHundredPercentIsTheEvenGrid) {
  for (std::uint64_t identity = 0; identity < 50; ++identity) {
    EXPECT_EQ(points(on_curve({"00:00 100%"}, 7s), {kStart, identity}, 200),
              points({.period = 7s}, {kStart, identity}, 200));
  }
}

TEST(Pacing, ACurveMovesTheRateOverTheDay) {
  const DayClock clock;
  const Pacing pacing = on_curve({"00:00 20%", "07:00 100%", "09:00 300%", "10:00 0%", "22:00 50%"}, 10s);
  const Grid grid{kStart, 42, &clock};
  const auto in_hour = [&](int hour) {
    return points_between(pacing, grid, kStart + hour * 1h, kStart + (hour + 1) * 1h);
  };
  for (const int day : {0, 1, 30, 400}) {
    EXPECT_NEAR(static_cast<double>(in_hour(24 * day + 3)), 72, 1);
    EXPECT_NEAR(static_cast<double>(in_hour(24 * day + 8)), 360, 1);
    EXPECT_NEAR(static_cast<double>(in_hour(24 * day + 9)), 1080, 1);
    EXPECT_EQ(in_hour(24 * day + 15), 0u);
    EXPECT_NEAR(static_cast<double>(in_hour(24 * day + 23)), 180, 1);
  }
}

TEST(Pacing, ANewCurveMakesNoBurst) {
  // Whatever the curve was: at most one point lies in the first `period / rate` of the new one.
  const DayClock clock(WallTime(11h), 1, {});
  const std::vector<std::vector<std::string>> curves = {
      {"00:00 1000%"}, {"00:00 1%"}, {"00:00 0%", "12:00 400%"}};
  for (std::uint64_t identity = 0; identity < 100; ++identity) {
    for (const auto& texts : curves) {
      const Pacing pacing = on_curve(texts, 10s);
      const TimePoint now = kStart + 20h + Duration(identity * 123'456'789);
      EXPECT_LE(points_between(pacing, {kStart, identity, &clock}, now, now + 1s), 1u);
    }
  }
}

TEST(Pacing, TheNextPointIsAlwaysTheFirstAfterWhateverTheDay) {
  Random random(6, 6, "pacing");
  const std::vector<ZoneSpan> spans = {
      {{}, 1h}, {std::chrono::sys_seconds(40h), 2h}, {std::chrono::sys_seconds(300h), 1h}};
  for (int i = 0; i < 1500; ++i) {
    const double scale = i % 3 == 0 ? 1 : i % 3 == 1 ? 0.01 + random.uniform() : 1 + random.uniform() * 50000;
    const DayClock clock(WallTime(std::chrono::seconds(random.below(86400))), scale, spans);
    Pacing pacing = i % 2 == 0
                        ? at_times({"02:30", "*/20 5-9 * * *"}, std::chrono::seconds(random.below(7200)))
                        : on_curve({"01:00 30%", "02:30 0%", "02:45 450%"},
                                   Duration(1 + static_cast<std::int64_t>(random.below(3'600'000'000'000))));
    pacing.jitter = static_cast<float>(random.uniform());
    const Grid grid{kStart, random.next(), &clock};
    const auto month = static_cast<std::uint64_t>(2.6e15 / scale);
    const TimePoint after = kStart + Duration(static_cast<std::int64_t>(random.below(month)));
    const TimePoint next = next_due(pacing, grid, after);
    ASSERT_GT(next, after);
    EXPECT_EQ(points_between(pacing, grid, after, next), 1u);
    EXPECT_EQ(points_between(pacing, grid, after, next - 1ns), 0u);
    EXPECT_EQ(next_due(pacing, grid, next - 1ns), next);
  }
}

TEST(Pacing, TheDaysEndWithTheirClock) {
  const DayClock clock(WallTime{}, 100'000, {});
  const Grid grid{kStart, 7, &clock};
  EXPECT_EQ(next_due(at_times({"06:00"}), grid, kStart + 40h), kNever);
  EXPECT_EQ(next_due(on_curve({"06:00 50%"}, 10s), grid, kStart + 40h), kNever);
  EXPECT_NE(next_due(at_times({"06:00"}), grid, kStart + 24h), kNever);
  EXPECT_NE(next_due(on_curve({"06:00 50%"}, 10s), grid, kStart + 24h), kNever);
}

}  // namespace
}  // namespace vfleet::schedule
