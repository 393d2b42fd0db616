#include "simulator/core/random.h"

#include <gtest/gtest.h>

#include <array>

namespace vfleet {
namespace {

TEST(Random, TheSameLabelsGiveTheSameStream) {
  Random a(42, 7, "arrivals");
  Random b(42, 7, "arrivals");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Random, OtherLabelsGiveOtherStreams) {
  const std::uint64_t first = Random(42, 7, "arrivals").next();
  EXPECT_NE(first, Random(43, 7, "arrivals").next());
  EXPECT_NE(first, Random(42, 8, "arrivals").next());
  EXPECT_NE(first, Random(42, 7, "faults").next());
}

TEST(Random, DrawsAreUniform) {
  Random random(1, 2, "buckets");
  std::array<int, 16> buckets{};
  for (int i = 0; i < 160000; ++i) ++buckets[random.below(16)];
  for (int count : buckets) EXPECT_NEAR(count, 10000, 500);
}

TEST(Random, DistributionsHaveTheirMeans) {
  Random random(3, 4, "means");
  double sum = 0;
  double squares = 0;
  double gaps = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal(5, 2);
    sum += x;
    squares += (x - 5) * (x - 5);
    gaps += random.exponential(3);
  }
  EXPECT_NEAR(sum / kDraws, 5, 0.05);
  EXPECT_NEAR(squares / kDraws, 4, 0.1);
  EXPECT_NEAR(gaps / kDraws, 3, 0.05);
}

}  // namespace
}  // namespace vfleet
