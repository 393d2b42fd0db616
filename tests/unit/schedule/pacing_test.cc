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

}  // namespace
}  // namespace vfleet::schedule
