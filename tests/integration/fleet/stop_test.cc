// The end of a fleet: in order, in time, and not held up by a worker that is stuck.
#include <gtest/gtest.h>

#include "tests/integration/fleet/running_fleet.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

std::string small_fleet() {
  return "fleet: small\ngroups:\n" + group("pile", "charging_pile", 40, "'null'");
}

class OnSignal : public ::testing::TestWithParam<int> {};

TEST_P(OnSignal, ControlAndWorkersEndInOrderAndInTime) {
  RunningFleet fleet(small_fleet(), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(40));
  fleet.control().signal(GetParam());
  EXPECT_EQ(fleet.control().wait(seconds(20)), 0);
  EXPECT_EQ(fleet.worker(0).wait(seconds(20)), 0);
  EXPECT_EQ(fleet.worker(1).wait(seconds(20)), 0);
  EXPECT_EQ(fleet.control_log().find("did not stop in time"), std::string::npos) << fleet.control_log();
}

TEST_P(OnSignal, AWorkerAloneEndsInOrderAndItsShardIsStopped) {
  RunningFleet fleet(small_fleet(), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(40));
  fleet.worker(1).signal(GetParam());
  EXPECT_EQ(fleet.worker(1).wait(seconds(20)), 0);
  EXPECT_TRUE(eventually([&] { return at(fleet.status(), "/shards/1/state") == "stopped"; }));
  const Answer answer = fleet.vfleet({"set", "all", "rated_power=60kW"});
  EXPECT_EQ(answer.status, 4) << answer.out;
  EXPECT_EQ(count(answer.json, "/matched"), 20U) << "its devices are not there";
}

INSTANTIATE_TEST_SUITE_P(Both, OnSignal, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& each) { return each.param == SIGINT ? "SIGINT" : "SIGTERM"; });

TEST(AFrozenWorker, IsNamedSilentAndDoesNotHoldTheStopUp) {
  RunningFleet fleet(small_fleet(), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(40));
  fleet.worker(1).signal(SIGSTOP);

  const Answer answer = fleet.vfleet({"set", "all", "rated_power=60kW", "--timeout", "2s"});
  EXPECT_NE(answer.status, 0) << answer.out;
  EXPECT_NE((answer.out + answer.err).find("no answer from shard 1"), std::string::npos)
      << answer.out << answer.err;

  fleet.control().signal(SIGTERM);
  EXPECT_EQ(fleet.control().wait(seconds(20)), 0);
  EXPECT_EQ(fleet.worker(0).wait(seconds(20)), 0);
  EXPECT_NE(fleet.control_log().find("did not stop in time count=1"), std::string::npos)
      << fleet.control_log();
  EXPECT_TRUE(fleet.worker(1).running());
}

TEST(AFrozenWorker, TakesWhatItMissedWhenItGoesOn) {
  RunningFleet fleet(small_fleet(), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(40));
  fleet.worker(1).signal(SIGSTOP);
  EXPECT_NE(fleet.vfleet({"set", "all", "rated_power=60kW", "--timeout", "1s"}).status, 0);
  fleet.worker(1).signal(SIGCONT);
  EXPECT_TRUE(eventually([&] {
    const auto values = fleet.values("all", "rated_power");
    std::size_t right = 0;
    for (const auto& [id, value] : values) right += value == "60kW" ? 1 : 0;
    return right == 40;
  }));
  expect_counts(fleet.vfleet({"set", "all", "rated_power=30kW"}), 0, 40, 40);
}

}  // namespace
}  // namespace vfleet::fleet_test
