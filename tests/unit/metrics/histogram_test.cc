#include "simulator/metrics/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "simulator/core/random.h"

namespace vfleet::metrics {
namespace {

constexpr double kQuantiles[] = {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0};

std::int64_t draw(Random& random) {
  // From a microsecond to above an hour, every magnitude alike.
  return static_cast<std::int64_t>(std::exp(random.uniform(0.0, std::log(3.7e9))));
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.value_at_quantile(0.5), 0U);
  EXPECT_EQ(histogram.value_at_quantile(1.0), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
}

TEST(Histogram, CountsSmallValuesExactly) {
  Histogram histogram;
  for (int us = 1; us <= 1000; ++us) histogram.record(us);
  EXPECT_EQ(histogram.value_at_quantile(0.5), 500U);
  EXPECT_EQ(histogram.value_at_quantile(0.99), 990U);
  EXPECT_EQ(histogram.value_at_quantile(0.0), 1U);
  EXPECT_EQ(histogram.max(), 1000U);
  EXPECT_EQ(histogram.sum(), 500'500U);
}

TEST(Histogram, BucketsLieSideBySideAndHoldTheirOwnBounds) {
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    ASSERT_EQ(Histogram::lowest_of(i), next) << i;
    ASSERT_EQ(Histogram::index_of(Histogram::lowest_of(i)), i);
    ASSERT_EQ(Histogram::index_of(Histogram::highest_of(i)), i);
    next = Histogram::highest_of(i) + 1;
  }
  EXPECT_EQ(next, Histogram::kHighest + 1);
}

TEST(Histogram, KeepsThreeDigitsAgainstExactQuantiles) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed, 0, "histogram");
    Histogram histogram;
    std::vector<std::int64_t> values;
    const std::size_t count = 1 + random.below(5000);
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(draw(random));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double q : kQuantiles) {
      const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(q * double(count))));
      const auto exact = static_cast<double>(values[rank - 1]);
      const auto got = static_cast<double>(histogram.value_at_quantile(q));
      EXPECT_LE(std::abs(got - exact), exact / 1000.0) << "seed " << seed << " quantile " << q;
    }
  }
}

TEST(Histogram, MergedIsTheSameAsRecordedInOne) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed, 0, "merge");
    Histogram all;
    Histogram parts[3];
    for (int i = 0; i < 3000; ++i) {
      const std::int64_t us = draw(random);
      all.record(us);
      parts[random.below(3)].record(us);
    }
    Histogram merged;
    for (const Histogram& part : parts) merged.merge(part);
    EXPECT_EQ(merged, all) << "seed " << seed;
  }
}

TEST(Histogram, TakesValuesOutsideItsRange) {
  Histogram histogram;
  histogram.record(-5);
  EXPECT_EQ(histogram.value_at_quantile(1.0), 0U);
  const std::int64_t day_us = 86'400'000'000;
  histogram.record(day_us);
  EXPECT_EQ(histogram.max(), static_cast<std::uint64_t>(day_us));
  EXPECT_EQ(histogram.sum(), static_cast<std::uint64_t>(day_us));
  EXPECT_EQ(histogram.value_at_quantile(1.0), static_cast<std::uint64_t>(day_us));
  EXPECT_EQ(histogram.count_at(Histogram::kBuckets - 1), 1U);
}

TEST(Histogram, RecordsManyAtOnceAndDurations) {
  Histogram histogram;
  histogram.record(7, 3);
  histogram.record(std::chrono::milliseconds(2));
  histogram.record(9000, 0);
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_EQ(histogram.sum(), 2021U);
  EXPECT_EQ(histogram.max(), 2000U);
  histogram.clear();
  EXPECT_EQ(histogram, Histogram());
}

TEST(Histogram, IsSmall) {
  EXPECT_LE(Histogram::kBuckets * sizeof(std::uint64_t), 100'000U);
}

}  // namespace
}  // namespace vfleet::metrics
