#include "simulator/platform/figures.h"

#include <gtest/gtest.h>

#include <limits>

#include "simulator/core/clock.h"

namespace vfleet::platform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateMeter, CountsWholeSecondsAndLeavesTheRunningOneOut) {
  ManualClock clock;
  RateMeter meter;
  for (int i = 0; i < 100; ++i) meter.count(clock.now());
  EXPECT_EQ(meter.rate(1, clock.now()), 0);
  clock.advance(seconds(1));
  EXPECT_EQ(meter.rate(1, clock.now()), 100);
  EXPECT_EQ(meter.rate(5, clock.now()), 20);
  clock.advance(seconds(1));
  EXPECT_EQ(meter.rate(1, clock.now()), 0);
  EXPECT_EQ(meter.rate(10, clock.now()), 10);
  clock.advance(seconds(9));
  EXPECT_EQ(meter.rate(10, clock.now()), 0);
}

TEST(RateMeter, ForgetsWhatIsLongPast) {
  ManualClock clock;
  RateMeter meter;
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i <= second; ++i) meter.count(clock.now());
    clock.advance(seconds(1));
  }
  EXPECT_EQ(meter.rate(1, clock.now()), 100);
  EXPECT_DOUBLE_EQ(meter.rate(10, clock.now()), 95.5);
  clock.advance(seconds(1600));
  EXPECT_EQ(meter.rate(10, clock.now()), 0);
}

void take(Figures& figures, Way way, std::uint16_t type, std::uint16_t stem, std::int64_t due_us,
          std::int64_t sent_us, std::int64_t arrived_us, TimePoint now) {
  figures.arrived(way, type, now);
  figures.took(way, type, stem, due_us, sent_us, arrived_us);
}

TEST(Figures, CountByTypeAndMeasureLatency) {
  ManualClock clock;
  Figures figures;
  take(figures, Way::http, 2, 1, 1'000, 3'000, 3'500, clock.now());
  take(figures, Way::http, 2, 1, 2'000, 4'000, 4'100, clock.now());
  take(figures, Way::http, 1, 1, 2'000, 4'000, 3'900, clock.now());
  EXPECT_EQ(figures.received, 3U);
  ASSERT_EQ(figures.by_type.size(), 3U);
  EXPECT_EQ(figures.by_type[2].received, 2U);
  EXPECT_EQ(figures.sent_to_arrival.max(), 500U);
  EXPECT_EQ(figures.due_to_arrival.max(), 2500U);
  EXPECT_EQ(figures.sent_to_arrival.value_at_quantile(0), 0U);
}

TEST(Figures, SurviveTimesThatMakeNoSense) {
  ManualClock clock;
  Figures figures;
  const auto low = std::numeric_limits<std::int64_t>::min();
  const auto high = std::numeric_limits<std::int64_t>::max();
  take(figures, Way::http, 0, 0, low, high, 1'000'000, clock.now());
  EXPECT_EQ(figures.due_to_arrival.count(), 1U);
  EXPECT_EQ(figures.due_to_arrival.max(), 0U);
  EXPECT_EQ(figures.sent_to_arrival.max(), 0U);
}

TEST(Arrivals, AreCountedByWayTypeAndFormOfTheIds) {
  ManualClock clock;
  Figures figures;
  take(figures, Way::mqtt, 2, 1, 1'000, 3'000, 3'500, clock.now());
  take(figures, Way::mqtt, 2, 1, 1'000, 3'000, 4'000, clock.now());
  take(figures, Way::mqtt, 2, 2, 1'000, 3'000, 5'000, clock.now());
  take(figures, Way::http, 2, 1, 1'000, 3'000, 6'000, clock.now());
  const auto& rows = figures.arrivals.rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].due.count(), 2U);
  EXPECT_EQ(rows[0].due.max(), 3'000U);
  EXPECT_EQ(rows[1].due.max(), 4'000U);
  EXPECT_EQ(rows[2].due.max(), 5'000U);
  EXPECT_EQ(rows[2].way, Way::http);
}

TEST(Arrivals, OfMoreKindsThanThereAreRowsShareTheLast) {
  Arrivals arrivals;
  for (std::uint16_t type = 0; type < 200; ++type) arrivals.record(Way::tcp, type, 0, type);
  ASSERT_EQ(arrivals.rows().size(), Arrivals::kRowsMax);
  std::uint64_t all = 0;
  for (const Arrivals::Row& row : arrivals.rows()) all += row.due.count();
  EXPECT_EQ(all, 200U);
  EXPECT_EQ(arrivals.rows().back().type, TypeTable::kOther);
  EXPECT_EQ(arrivals.rows().back().due.count(), 200U - 63U);
}

}  // namespace
}  // namespace vfleet::platform
