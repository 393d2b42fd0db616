// External devices with real programs: what the example does, and what must not hurt others.
#include <gtest/gtest.h>

#include <set>

#include "tests/integration/external/program_fleet.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

TEST(ExternalDevices, TheExampleRunsAsItShips) {
  platform::PlatformProcess platform;
  RunningFleet fleet("configs/external.yaml", 1, {{"VFLEET_PLATFORM_PORT", std::to_string(platform.port())}});
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(23)) << fleet.worker_log(0);
  ASSERT_TRUE(all_thermometers_speak(fleet, 23)) << fleet.worker_log(0);
  expect_counts(fleet.vfleet({"trigger", "all", "temperature", "--wait", "acked"}), 0, 23, 23);
  EXPECT_GE(count(platform.figures(), "/by_type/temperature"), 23U);
  std::set<json> pids;
  const json rows = at(fleet.vfleet({"ls", "room-*"}).json, "/rows");
  for (const json& row : rows) pids.insert(at(row, "/state/pid"));
  EXPECT_EQ(pids.size(), 1U) << "one process for the group";
}

TEST(ExternalDevices, ASettingReachesTheProgramWhileItRuns) {
  ProgramFleet programs(2, {"python3", thermometer()}, "per: group", "every: 3600");
  ASSERT_TRUE(programs.fleet.come_online(2)) << programs.fleet.worker_log(0);
  const pid_t pid = programs.pid("ext-00001");
  EXPECT_EQ(programs.received("temperature"), 0U);
  expect_counts(programs.fleet.vfleet({"set", "ext-00001", "settings.every=0.1", "settings.limit=30"}), 0, 1,
                1);
  EXPECT_TRUE(eventually([&] { return programs.received("temperature") > 5; }));
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "limit") == 30.0; }));
  EXPECT_EQ(programs.state("ext-00002", "limit"), 40.0);
  EXPECT_EQ(programs.fleet.values("all", "settings.limit"),
            (std::map<std::string, std::string>{{"ext-00001", "30"}}));
  expect_counts(programs.fleet.vfleet({"unset", "ext-00001", "settings.limit"}), 0, 1, 1);
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "limit") == 40.0; }));
  EXPECT_EQ(programs.pid("ext-00001"), pid) << "the same process all along";
  EXPECT_EQ(programs.fleet.vfleet({"set", "ext-00001", "settings.a.b=1"}).status, 2)
      << "one word, not a path";
}

TEST(ExternalDevices, AFrozenProgramIsKilledAndStartedAgain) {
  ProgramFleet programs(1, {"python3", thermometer()}, "hang_timeout: 3s, answer_timeout: 1s");
  ASSERT_TRUE(programs.fleet.come_online(1));
  const pid_t first = programs.pid("ext-00001");
  ASSERT_EQ(::kill(first, SIGSTOP), 0);
  const Answer silent = programs.fleet.vfleet({"do", "ext-00001", "open"});
  EXPECT_EQ(silent.status, 1);
  EXPECT_TRUE(eventually([&] { return !alive(first); }));
  EXPECT_TRUE(eventually([&] { return programs.pid("ext-00001") > 0 && programs.fleet.come_online(1); }));
  EXPECT_TRUE(eventually([&] { return programs.fleet.worker_log(0).find("it hangs") != std::string::npos; }));
}

TEST(ExternalDevices, APoisonousProgramStallsNobody) {
  // Garbage at full speed on both streams, from a group of its own.
  platform::PlatformProcess platform;
  const std::string uplink =
      "{http: {url: 'http://127.0.0.1:" + std::to_string(platform.port()) + "/ingest'}}";
  RunningFleet fleet(
      "fleet: noise\ngroups:\n" +
          group("noise", "external", 2, uplink,
                "    config: {external: {command: [sh, -c, \"yes garbage & yes noise >&2\"]}}\n") +
          group("pile", "charging_pile", 50, uplink, "    config: {reports: {heartbeat: {every: 1s}}}\n"),
      1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(52)) << fleet.worker_log(0);
  EXPECT_TRUE(eventually([&] { return count(platform.figures(), "/by_type/heartbeat") > 200; }));
  expect_counts(fleet.vfleet({"trigger", "pile-*", "heartbeat", "--wait", "acked"}), 0, 50, 50);
  EXPECT_GT(count(fleet.device("noise-00001"), "/state/malformed"), 100U);
  EXPECT_LT(fleet.worker_log(0).size(), 200'000U) << "the log is bounded too";
}

TEST(ExternalDevices, ProgramsDieWithTheirWorkerAndTheNextOnesKnowWhatTheyWere) {
  ProgramFleet programs(2, {"python3", thermometer()});
  ASSERT_TRUE(all_thermometers_speak(programs.fleet, 2));
  expect_counts(programs.fleet.vfleet({"do", "ext-00001", "heat", "by=5"}), 0, 1, 1);
  ASSERT_TRUE(eventually([&] { return programs.state("ext-00001", "celsius") == 25.0; }));
  const pid_t pid = programs.pid("ext-00001");
  ASSERT_TRUE(alive(pid));
  programs.fleet.worker(0).signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !alive(pid); }));
  programs.fleet.start_worker(0);
  EXPECT_TRUE(programs.fleet.come_online(2)) << programs.fleet.worker_log(0);
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "celsius") == 25.0; }));
}

TEST(ExternalDevices, AProgramThatIsNotThereSaysSoAndTheDeviceIsOffline) {
  ProgramFleet programs(1, {"no-such-program-of-vfleet"});
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "restarts") > 0; }));
  EXPECT_EQ(at(programs.fleet.device("ext-00001"), "/online"), false);
  const Answer refused = programs.fleet.vfleet({"do", "ext-00001", "open"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(ProgramFleet::reason(refused), "program not running");
  EXPECT_TRUE(eventually([&] {
    return programs.fleet.worker_log(0).find("cannot start no-such-program-of-vfleet") != std::string::npos;
  }));
}

}  // namespace
}  // namespace vfleet::fleet_test
