#include "control/server/worker_registry.h"

#include <gtest/gtest.h>

#include "simulator/core/clock.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;

class Registry : public ::testing::Test {
 protected:
  void go_live(std::uint32_t shard, std::uint64_t applied = 0) {
    registry.joined(shard, 100 + shard, 0, clock.now());
    EXPECT_TRUE(registry.alive(shard, applied, true, clock.now()));
  }
  ManualClock clock;
  WorkerRegistry registry{2};
};

TEST_F(Registry, CountsTheLivesOfAShard) {
  EXPECT_TRUE(registry.joined(0, 100, 0, clock.now()));
  EXPECT_FALSE(registry.joined(0, 100, 0, clock.now()));  // the join was repeated
  EXPECT_FALSE(registry.joined(0, 100, 1, clock.now()));  // it took another snapshot
  EXPECT_EQ(registry.at(0).boot, 1U);
  EXPECT_TRUE(registry.joined(0, 200, 0, clock.now()));
  EXPECT_EQ(registry.at(0).boot, 2U);
}

TEST_F(Registry, ABootThatAnEarlierControlGaveIsNotGivenAgain) {
  EXPECT_FALSE(registry.joined(0, 100, 5, clock.now()));
  EXPECT_EQ(registry.at(0).boot, 5U);
}

TEST_F(Registry, AWorkerWithoutProgressHoldsNobodyUp) {
  go_live(0);
  go_live(1);
  registry.progressed(0, 10, clock.now());
  EXPECT_EQ(registry.slowest_live(), 0U);
  for (int i = 0; i < 20; ++i) {
    clock.advance(100ms);
    registry.heard(0, clock.now());
    registry.heard(1, clock.now());
    (void)registry.look(10, clock.now());
  }
  EXPECT_EQ(registry.at(1).state, ShardState::lagging);
  EXPECT_EQ(registry.slowest_live(), 10U);
  registry.progressed(1, 3, clock.now());
  EXPECT_EQ(registry.at(1).state, ShardState::live);
}

TEST_F(Registry, AnIdleWorkerDoesNotLag) {
  go_live(0, 5);
  for (int i = 0; i < 50; ++i) {
    clock.advance(100ms);
    registry.heard(0, clock.now());
    EXPECT_TRUE(registry.look(5, clock.now()).empty());
  }
  EXPECT_EQ(registry.at(0).state, ShardState::live);
}

TEST_F(Registry, SilenceOfThreeSecondsIsLossAndALifeSignTheEndOfIt) {
  go_live(0);
  clock.advance(3100ms);
  const auto changes = registry.look(0, clock.now());
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].state, ShardState::lost);
  EXPECT_EQ(registry.slowest_live(), UINT64_MAX);
  EXPECT_TRUE(registry.answering().empty());
  EXPECT_TRUE(registry.alive(0, 0, true, clock.now()));
  EXPECT_EQ(registry.at(0).state, ShardState::live);
}

TEST_F(Registry, AStrangersLifeSignIsNotAJoin) {
  EXPECT_FALSE(registry.alive(1, 9, true, clock.now()));
  EXPECT_EQ(registry.at(1).state, ShardState::absent);
  EXPECT_EQ(registry.slowest_live(), UINT64_MAX);
}

}  // namespace
}  // namespace vfleet::control::server
