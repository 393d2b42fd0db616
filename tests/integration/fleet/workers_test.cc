// Workers that are many, come late, or come again.
#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/fleet/running_fleet.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

// The whole effective configuration and the flags of each device, by id.
json everything(const RunningFleet& fleet) {
  json out = json::object();
  for (const json& row : at(fleet.vfleet({"get", "all"}).json, "/rows"))
    out[row.value("id", "")]["values"] = row["values"];
  for (const json& row : at(fleet.vfleet({"ls", "all"}).json, "/rows")) {
    json& device = out[row.value("id", "")];
    device["paused"] = row["paused"];
    device["disconnected"] = row["disconnected"];
  }
  return out;
}

TEST(FiftyWorkers, HostOneDeviceEachAndASetReachesAll) {
  RunningFleet fleet("fleet: many\ngroups:\n" + group("pile", "charging_pile", 50, "'null'"), 50);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(50, seconds(40)));
  const json status = fleet.status();
  ASSERT_EQ(at(status, "/shards").size(), 50U);
  for (const json& shard : at(status, "/shards")) EXPECT_EQ(shard.value("devices", 0), 1) << shard.dump();
  expect_counts(fleet.vfleet({"set", "all", "rated_power=60kW"}), 0, 50, 50);
  const auto values = fleet.values("all", "rated_power");
  EXPECT_EQ(values.size(), 50U);
  for (const auto& [id, value] : values) EXPECT_EQ(value, "60kW") << id;
}

TEST(AWorker, ThatJoinsLateOrAgainHasTheSameConfigurationAndFlagsAsTheRest) {
  RunningFleet fleet("fleet: late\ngroups:\n" + group("pile", "charging_pile", 60, "'null'") +
                         group("cam", "ip_camera", 40, "'null'"),
                     3);
  fleet.start_worker(0);
  fleet.start_worker(1);
  ASSERT_TRUE(eventually([&] { return at(fleet.status(), "/shards/1/state") == "live"; }));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"set", "pile-*", "rated_power=60kW", "power_limit=70%"},
                                             {"set", "pile-00001..00010", "power_limit=50%"},
                                             {"unset", "pile-00003", "power_limit"},
                                             {"set", "cam-*", "reports.heartbeat.every=7s"},
                                             {"pause", "cam-00001..00020"},
                                             {"resume", "cam-00005"},
                                             {"disconnect", "pile-00041..00060"},
                                             {"connect", "pile-00050"}}) {
    EXPECT_EQ(fleet.vfleet(words).status, 4) << words[0] << ": a shard is not there";
  }
  fleet.start_worker(2);
  ASSERT_TRUE(fleet.come_online(81));
  const json before = everything(fleet);
  ASSERT_EQ(before.size(), 100U);
  std::size_t paused = 0;
  std::size_t disconnected = 0;
  for (const auto& [id, device] : before.items()) {
    const bool pile = id.starts_with("pile");
    paused += device["paused"] == true ? 1 : 0;
    disconnected += device["disconnected"] == true ? 1 : 0;
    if (pile) {
      const std::string limit = id == "pile-00003" ? "100%" : id <= "pile-00010" ? "50%" : "70%";
      EXPECT_EQ(device["values"]["power_limit"], limit) << id;
      EXPECT_EQ(device["values"]["rated_power"], "60kW") << id;
    } else {
      EXPECT_EQ(device["values"]["reports.heartbeat.every"], "7s") << id;
    }
  }
  EXPECT_EQ(paused, 19U);
  EXPECT_EQ(disconnected, 19U);

  const std::uint64_t boot = count(fleet.status(), "/shards/1/boot");
  fleet.worker(1).signal(SIGKILL);
  EXPECT_EQ(fleet.worker(1).wait(seconds(20)), -SIGKILL);
  fleet.start_worker(1);
  ASSERT_TRUE(eventually([&] {
    const json shard = at(fleet.status(), "/shards/1");
    return shard.value("state", "") == "live" && count(shard, "/boot") > boot;
  }));
  ASSERT_TRUE(fleet.come_online(81));
  EXPECT_EQ(everything(fleet), before);
  const json devices = at(fleet.vfleet({"ls", "all"}).json, "/rows");
  EXPECT_EQ(devices.size(), 100U);
  expect_counts(fleet.vfleet({"set", "pile-*", "rated_power=30kW"}), 0, 60, 60);
}

}  // namespace
}  // namespace vfleet::fleet_test
