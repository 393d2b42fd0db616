// The load tester's wish: something outside triggers a condition and directly affects a task that is already
// running inside; and the signals that processes use to talk.
#include <gtest/gtest.h>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

std::string fleet_with_period(std::uint16_t port, const std::string& period) {
  const std::string base = "http://127.0.0.1:" + std::to_string(port);
  const std::string uplink = "{http: {url: '" + base + "/ingest'}}";
  const std::string config = "    config: {reports: {heartbeat: {every: " + period + "}}}\n";
  return "fleet: wish\nplatform: {figures: '" + base + "/figures'}\ngroups:\n" +
         group("pile", "charging_pile", 50, uplink, config) + group("cam", "ip_camera", 50, uplink, config);
}

double heartbeats_a_second(const json& figures) {
  const json rate = at(figures, "/rates/heartbeat/5s");
  return rate.is_number() ? rate.get<double>() : 0;
}

TEST(origin_1_the_load_testers_wish, AMessageOfAnyTypeIsFiredAtAnyMoment) {
  PlatformProcess platform;
  RunningFleet fleet(fleet_with_period(platform.port(), "1h"), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  const auto pids = fleet.pids();
  for (const std::string type : {"heartbeat", "status", "meter"}) {
    const std::uint64_t before = count(platform.figures(), "/by_type/" + type);
    expect_counts(fleet.vfleet({"trigger", "pile-*", type, "--wait", "acked"}), 0, 50, 50);
    EXPECT_GE(count(platform.figures(), "/by_type/" + type), before + 50) << type;
  }
  expect_counts(fleet.vfleet({"trigger", "cam-00007", "snapshot", "--wait", "acked"}), 0, 1, 1);
  EXPECT_EQ(count(platform.figures(), "/by_type/snapshot"), 1U);
  EXPECT_EQ(fleet.pids(), pids);
  for (std::uint32_t shard = 0; shard < 2; ++shard) EXPECT_TRUE(fleet.worker(shard).running());
}

TEST(origin_1_the_load_testers_wish, AConfigurationChangesDuringTheRunAndTheRateAtThePlatformFollows) {
  PlatformProcess platform;
  RunningFleet fleet(fleet_with_period(platform.port(), "1h"), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  EXPECT_LT(heartbeats_a_second(platform.figures()), 1);
  expect_counts(fleet.vfleet({"set", "all", "reports.heartbeat.every=1s"}), 0, 100, 100);
  EXPECT_TRUE(platform.figures_become([](const json& now) { return heartbeats_a_second(now) > 80; }));
  expect_counts(fleet.vfleet({"set", "all", "reports.heartbeat.every=1h"}), 0, 100, 100);
  EXPECT_TRUE(platform.figures_become([](const json& now) { return heartbeats_a_second(now) < 1; }));
  const json status = fleet.status();
  for (std::uint32_t shard = 0; shard < 2; ++shard) {
    EXPECT_TRUE(fleet.worker(shard).running());
    EXPECT_EQ(at(status, "/shards/" + std::to_string(shard) + "/pid"), fleet.worker(shard).pid());
    EXPECT_EQ(count(status, "/shards/" + std::to_string(shard) + "/boot"), 1U) << "no restart";
  }
}

TEST(origin_1_the_load_testers_wish, SighupReloadsTheFile) {
  PlatformProcess platform;
  RunningFleet fleet(fleet_with_period(platform.port(), "1h"), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  write_file(fleet.fleet_file(), fleet_with_period(platform.port(), "2s"));
  fleet.control().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    std::size_t right = 0;
    for (const auto& [id, value] : fleet.values("all", "reports.heartbeat.every"))
      right += value == "2s" ? 1 : 0;
    return right == 100;
  })) << fleet.control_log();

  // A file with a mistake changes nothing.
  write_file(fleet.fleet_file(), fleet_with_period(platform.port(), "soon"));
  fleet.control().signal(SIGHUP);
  EXPECT_EQ(fleet.vfleet({"reload"}).status, 2);
  EXPECT_EQ(fleet.values("cam-00001", "reports.heartbeat.every")["cam-00001"], "2s");
  EXPECT_EQ(count(fleet.status(), "/figures/online"), 100U);
  EXPECT_TRUE(fleet.control().running());
}

TEST(origin_1_the_load_testers_wish, ASavedProfileIsACommand) {
  PlatformProcess platform;
  TempDir folder;
  const auto profile = [](const std::string& period) {
    return "type: charging_pile\nreports: {heartbeat: {every: " + period + "}}\n";
  };
  write_file(folder / "pile.yaml", profile("1h"));
  write_file(folder / "wish.yaml",
             "fleet: wish\ngroups:\n" +
                 group("pile", "charging_pile", 50,
                       "{http: {url: 'http://127.0.0.1:" + std::to_string(platform.port()) + "/ingest'}}",
                       "    profile: pile.yaml\n"));
  RunningFleet fleet(folder / "wish.yaml", 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(50));
  EXPECT_LT(heartbeats_a_second(platform.figures()), 1);
  write_file(folder / "pile.yaml", profile("1s"));
  EXPECT_TRUE(platform.figures_become([](const json& now) { return heartbeats_a_second(now) > 40; }))
      << fleet.control_log();
  EXPECT_EQ(count(fleet.status(), "/revision"), 1U);
}

TEST(origin_1_the_load_testers_wish, LiveFiguresAreReadFromSharedMemoryAlthoughNobodyCouldAnswer) {
  PlatformProcess platform;
  RunningFleet fleet(fleet_with_period(platform.port(), "100ms"), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  fleet.worker(0).signal(SIGSTOP);
  fleet.control().signal(SIGKILL);
  EXPECT_TRUE(fleet.control().wait(seconds(20)).has_value());
  const json top = fleet.vfleet({"top", "--once"}).json;
  fleet.worker(0).signal(SIGCONT);
  std::uint64_t online = 0;
  for (const json& each : at(top, "/groups")) online += each.value("online", std::uint64_t{0});
  EXPECT_EQ(online, 100U) << top.dump();
  EXPECT_EQ(at(top, "/workers").size(), 2U) << top.dump();
}

TEST(origin_1_the_load_testers_wish, SigintAndSigtermEndInOrderAndNothingIsLost) {
  for (const int signal : {SIGINT, SIGTERM}) {
    PlatformProcess platform;
    RunningFleet fleet(fleet_with_period(platform.port(), "100ms"), 2);
    fleet.start_workers();
    ASSERT_TRUE(fleet.come_online(100));
    ASSERT_TRUE(
        platform.figures_become([](const json& now) { return count(now, "/by_type/heartbeat") > 500; }));
    fleet.control().signal(signal);
    EXPECT_EQ(fleet.control().wait(seconds(20)), 0);
    for (std::uint32_t shard = 0; shard < 2; ++shard) EXPECT_EQ(fleet.worker(shard).wait(seconds(20)), 0);
    const json figures = platform.figures();
    EXPECT_EQ(at(figures, "/missing"), 0);
    EXPECT_EQ(at(figures, "/duplicates"), 0);
    EXPECT_EQ(at(figures, "/malformed"), 0);
    EXPECT_EQ(at(figures, "/devices"), 100);
  }
}

}  // namespace
}  // namespace vfleet::fleet_test
