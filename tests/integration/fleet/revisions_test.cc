// scale, rollback, history and diff, with the real processes.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/integration/fleet/running_fleet.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

std::set<std::string> ids(const RunningFleet& fleet) {
  std::set<std::string> out;
  for (const json& row : at(fleet.vfleet({"ls", "all"}).json, "/rows")) out.insert(row.value("id", ""));
  return out;
}

std::uint64_t revision(const RunningFleet& fleet) {
  return count(fleet.status(), "/revision");
}

TEST(Scale, BringsAndTakesDevicesWhileTheFleetRuns) {
  RunningFleet fleet("fleet: grow\ngroups:\n" + group("pile", "charging_pile", 20, "'null'") +
                         group("cam", "ip_camera", 5, "'null'"),
                     2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(25));
  const json camera = fleet.device("cam-00001");

  const Answer dry = fleet.vfleet({"scale", "pile=200", "--dry-run"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(count(dry.json, "/come"), 180U) << dry.out;
  EXPECT_EQ(revision(fleet), 0U);

  expect_counts(fleet.vfleet({"scale", "pile=200", "--if-revision", "0"}), 0, 180, 180);
  EXPECT_TRUE(fleet.come_online(205));
  EXPECT_EQ(revision(fleet), 1U);
  for (const json& shard : at(fleet.status(), "/shards"))
    EXPECT_NEAR(double(count(shard, "/devices")), 102, 12);
  EXPECT_EQ(fleet.vfleet({"scale", "pile=7", "--if-revision", "0"}).status, 1) << "another revision";
  EXPECT_EQ(fleet.vfleet({"scale", "pille=7"}).status, 2);
  EXPECT_EQ(fleet.vfleet({"scale", "pile=many"}).status, 2);

  expect_counts(fleet.vfleet({"scale", "pile=10"}), 0, 190, 190);
  EXPECT_TRUE(fleet.come_online(15));
  EXPECT_EQ(ids(fleet).size(), 15U);
  EXPECT_EQ(fleet.device("cam-00001")["boot"], camera["boot"]);

  // The file is read again: the scaled number holds.
  const Answer reloaded = fleet.vfleet({"reload"});
  EXPECT_EQ(reloaded.status, 0) << reloaded.err;
  EXPECT_EQ(ids(fleet).size(), 15U);
  expect_counts(fleet.vfleet({"scale", "pile=file", "--wait"}), 0, 10, 10);
  EXPECT_TRUE(fleet.come_online(25));
}

TEST(Rollback, BringsBackRulesGroupsAndWhatTheyHadDone) {
  RunningFleet fleet("fleet: back\ngroups:\n" + group("pile", "charging_pile", 20, "'null'"), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(20));
  expect_counts(fleet.vfleet({"set", "all", "connector_power=60kW"}), 0, 20, 20);
  const auto then = fleet.values("all", "connector_power");
  expect_counts(fleet.vfleet({"set", "pile-00001", "connector_power=30kW"}), 0, 1, 1);
  expect_counts(fleet.vfleet({"disconnect", "pile-00002"}), 0, 1, 1);
  expect_counts(fleet.vfleet({"pause", "pile-00003"}), 0, 1, 1);
  expect_counts(fleet.vfleet({"do", "pile-00004", "fault", "code=over_temperature"}), 0, 1, 1);
  EXPECT_EQ(fleet.vfleet({"scale", "pile=30"}).status, 0);
  EXPECT_EQ(revision(fleet), 6U);

  const Answer dry = fleet.vfleet({"rollback", "1", "--dry-run"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(at(dry.json, "/changes").size(), 5U) << dry.out;
  EXPECT_EQ(revision(fleet), 6U);
  EXPECT_EQ(fleet.vfleet({"rollback", "99"}).status, 2);
  EXPECT_EQ(fleet.vfleet({"rollback", "first"}).status, 2);

  expect_counts(fleet.vfleet({"rollback", "1", "--if-revision", "6"}), 0, 14, 14);
  EXPECT_EQ(revision(fleet), 7U);
  EXPECT_TRUE(fleet.come_online(20));
  EXPECT_EQ(fleet.values("all", "connector_power"), then);
  EXPECT_EQ(fleet.device("pile-00003")["paused"], false);
  EXPECT_EQ(at(fleet.device("pile-00004"), "/state/fault"), "none");
  EXPECT_EQ(fleet.vfleet({"diff"}).status, 0);

  // A rollback can be rolled back; and a worker that comes later sees the same.
  EXPECT_EQ(fleet.vfleet({"rollback", "6"}).status, 0);
  fleet.worker(0).signal(SIGKILL);
  fleet.start_worker(0);
  EXPECT_TRUE(fleet.come_online(29));
  EXPECT_EQ(at(fleet.device("pile-00004"), "/state/fault"), "over_temperature");
  EXPECT_EQ(fleet.device("pile-00003")["paused"], true);
}

TEST(History, TellsWhatWasCommandedAndWhatBecameOfIt) {
  RunningFleet fleet("fleet: past\ngroups:\n" + group("pile", "charging_pile", 4, "'null'"), 1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(4));
  expect_counts(fleet.vfleet({"set", "pile-00001", "connector_power=60kW"}), 0, 1, 1);
  EXPECT_EQ(fleet.vfleet({"set", "nobody", "connector_power=60kW"}).status, 3) << "no rule for nobody";
  EXPECT_EQ(revision(fleet), 1U);
  EXPECT_EQ(fleet.vfleet({"set", "nobody", "connector_power=60kW", "--future"}).status, 3);
  EXPECT_EQ(revision(fleet), 2U);
  EXPECT_EQ(fleet.vfleet({"reboot", "pile-00002", "--command-id", "my-reboot"}).status, 0);

  const Answer history = fleet.vfleet({"history"});
  ASSERT_EQ(history.status, 0) << history.err;
  ASSERT_EQ(at(history.json, "/rows").size(), 3U) << history.out;
  EXPECT_EQ(at(history.json, "/rows/0/id"), "my-reboot");
  EXPECT_EQ(at(history.json, "/rows/0/durable"), false);
  EXPECT_EQ(at(history.json, "/rows/2/revision"), 1);
  EXPECT_EQ(at(history.json, "/rows/2/outcome"), "1 of 1 applied");
  EXPECT_EQ(at(fleet.vfleet({"history", "--durable"}).json, "/rows").size(), 2U);
  EXPECT_EQ(at(fleet.vfleet({"history", "my-reboot"}).json, "/rows/0/verb"), "reboot");
  EXPECT_EQ(at(fleet.vfleet({"history", "1"}).json, "/rows/0/args/patch/connector_power"), "60kW");
  EXPECT_EQ(fleet.vfleet({"history", "99"}).status, 3);
}

TEST(Diff, NamesDevicesThatAreNotAsTheyShouldBeAndWorkersThatAreNotThere) {
  RunningFleet fleet("fleet: apart\ngroups:\n" + group("pile", "charging_pile", 10, "'null'"), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(10));
  EXPECT_EQ(fleet.vfleet({"diff"}).status, 0);
  EXPECT_EQ(fleet.vfleet({"diff", "nobody"}).status, 3);
  EXPECT_EQ(fleet.vfleet({"reboot", "pile-00003"}).status, 0);
  const Answer rebooting = fleet.vfleet({"diff", "pile-00003"});
  EXPECT_EQ(rebooting.status, 4) << rebooting.out;
  EXPECT_EQ(at(rebooting.json, "/rows/0/differences/0/path"), "link") << rebooting.out;
  EXPECT_TRUE(eventually([&] { return fleet.vfleet({"diff"}).status == 0; }));
  fleet.worker(1).signal(SIGKILL);
  EXPECT_TRUE(eventually([&] {
    const Answer gone = fleet.vfleet({"diff"});
    return gone.status == 4 && at(gone.json, "/behind").size() == 1;
  }));
}

}  // namespace
}  // namespace vfleet::fleet_test
