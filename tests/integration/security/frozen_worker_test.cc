// Failure mode "frozen subscriber (SIGSTOP), no heartbeat option: still connected after 6 s".
#include <gtest/gtest.h>

#include "tests/integration/security/remote_fleet.h"

namespace vfleet::security_test {
namespace {

using fleet_test::count;
using fleet_test::eventually;
using fleet_test::expect_counts;
using nlohmann::json;

const std::string kFleet =
    "fleet: frozen\ngroups:\n" + fleet_test::group("pile", "charging_pile", 40, "'null'");

TEST(FrozenWorker, IsNamedLostAndCatchesUpWhenItRunsAgain) {
  RemoteFleet fleet(kFleet, 2);
  fleet.start_worker(0, "host", "worker-0.log");
  fleet.start_worker(1, "host", "worker-1.log");
  ASSERT_TRUE(fleet.local().come_online(40));
  const auto state = [&fleet] {
    const json found = fleet_test::at(fleet.local().status(), "/shards/1/state");
    return found.is_string() ? found.get<std::string>() : std::string();
  };
  fleet.worker(1).signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return state() == "lost"; }));
  const Answer set = fleet.as("op", {"set", "all", "rated_power=60kW"});
  EXPECT_EQ(set.status, 4) << set.out;
  EXPECT_EQ(fleet_test::at(set.json, "/silent"), json::array({1})) << set.out << set.err;
  fleet.worker(1).signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return state() == "live"; }));
  EXPECT_TRUE(eventually([&] {
    std::size_t right = 0;
    for (const auto& [id, value] : fleet.local().values("all", "rated_power"))
      right += value == "60kW" ? 1U : 0U;
    return right == 40;
  }));
  EXPECT_EQ(count(fleet.local().status(), "/shards/1/boot"), 1U);
  expect_counts(fleet.as("op", {"set", "all", "rated_power=61kW"}), 0, 40, 40);
}

}  // namespace
}  // namespace vfleet::security_test
