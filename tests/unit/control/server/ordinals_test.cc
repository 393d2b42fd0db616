#include "control/server/ordinals.h"

#include <gtest/gtest.h>

#include <set>

#include "simulator/core/random.h"

namespace vfleet::control::server {
namespace {

using config::OrdinalRange;
using Ranges = std::vector<OrdinalRange>;

TEST(Ordinals, GiveContiguousRanges) {
  Ordinals ordinals;
  EXPECT_EQ(ordinals.for_pattern("pile-{}", 1, 600), (Ranges{{0, 600, 0}}));
  EXPECT_EQ(ordinals.for_pattern("cam-{}", 1, 400), (Ranges{{0, 400, 600}}));
}

TEST(Ordinals, AGroupThatGrowsGetsANewRange) {
  Ordinals ordinals;
  (void)ordinals.for_pattern("pile-{}", 1, 10);
  (void)ordinals.for_pattern("cam-{}", 1, 5);
  EXPECT_EQ(ordinals.for_pattern("pile-{}", 1, 12), (Ranges{{0, 10, 0}, {10, 2, 15}}));
  EXPECT_EQ(ordinals.given(), 17U);
}

TEST(Ordinals, ADeviceThatComesBackHasItsOldOne) {
  Ordinals ordinals;
  (void)ordinals.for_pattern("pile-{}", 1, 10);
  (void)ordinals.for_pattern("pile-{}", 1, 3);
  EXPECT_EQ(ordinals.for_pattern("pile-{}", 1, 10), (Ranges{{0, 10, 0}}));
  EXPECT_EQ(ordinals.for_pattern("pile-{}", 0, 3), (Ranges{{0, 1, 10}, {1, 2, 0}}));
}

TEST(Ordinals, ListedDevicesGoByTheirId) {
  Ordinals ordinals;
  EXPECT_EQ(ordinals.for_ids({"a", "b", "c"}), (Ranges{{0, 3, 0}}));
  EXPECT_EQ(ordinals.for_ids({"c", "x", "a"}), (Ranges{{0, 2, 2}, {2, 1, 0}}));
}

// Whatever windows of numbers come and go, a number keeps its ordinal and no two share one.
TEST(Ordinals, AreUniqueAndStable) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed, 0, "ordinals");
    Ordinals ordinals;
    std::map<std::uint64_t, std::uint64_t> known;
    for (int step = 0; step < 30; ++step) {
      const std::uint64_t first = random.below(50);
      const std::uint64_t count = random.below(40);
      std::uint64_t covered = 0;
      for (const OrdinalRange& range : ordinals.for_pattern("p{}", first, count)) {
        ASSERT_EQ(range.index, covered);
        covered += range.count;
        for (std::uint64_t i = 0; i < range.count; ++i) {
          const auto [at, fresh] = known.emplace(first + range.index + i, range.ordinal + i);
          ASSERT_EQ(at->second, range.ordinal + i) << fresh;
        }
      }
      ASSERT_EQ(covered, count);
    }
    std::set<std::uint64_t> used;
    for (const auto& [number, ordinal] : known) used.insert(ordinal);
    EXPECT_EQ(used.size(), known.size());
    EXPECT_EQ(ordinals.given(), known.size());
  }
}

}  // namespace
}  // namespace vfleet::control::server
