// Every verb of the command line, on a fleet of a thousand devices in four workers.
#include <gtest/gtest.h>

#include <set>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

std::uint64_t reports(const json& figures, const std::string& type) {
  return count(figures, "/by_type/" + type);
}

TEST(AThousandDevices, ObeyEveryVerbAndTheCountsAreExact) {
  PlatformProcess platform;
  RunningFleet fleet("configs/demo.yaml", 4, {{"VFLEET_PLATFORM_PORT", std::to_string(platform.port())}});
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(1000));

  // Looking.
  json rows = at(fleet.vfleet({"ls"}).json, "/rows");
  EXPECT_EQ(rows.size(), 1000U);
  EXPECT_EQ(at(fleet.vfleet({"ls", "type=ip_camera,site=hefei"}).json, "/rows").size(), 200U);
  EXPECT_EQ(at(fleet.vfleet({"ls", "pile-*", "--limit", "7"}).json, "/rows").size(), 7U);
  EXPECT_EQ(fleet.vfleet({"ls", "nobody-1"}).status, 3);
  std::set<std::string> types;
  for (const json& type : at(fleet.vfleet({"describe"}).json, "/types")) types.insert(type.value("name", ""));
  EXPECT_EQ(types, (std::set<std::string>{"charging_pile", "external", "ip_camera"}));
  EXPECT_EQ(at(fleet.vfleet({"describe", "ip_camera"}).json, "/types/0/name"), "ip_camera");
  EXPECT_EQ(fleet.vfleet({"completion", "bash"}).status, 0);
  const json status = fleet.status();
  ASSERT_EQ(at(status, "/shards").size(), 4U);
  for (const json& shard : at(status, "/shards")) {
    EXPECT_EQ(shard.value("devices", 0), 250);
    EXPECT_EQ(shard.value("state", ""), "live");
  }

  // Configuration: set, get, unset.
  const std::string heartbeat = "reports.heartbeat.every";
  const std::string of_file = fleet.values("cam-00002", heartbeat)["cam-00002"];
  expect_counts(fleet.vfleet({"set", "type=ip_camera,site=hefei", heartbeat + "=2s", "--dry-run"}), 0, 200,
                0);
  EXPECT_EQ(fleet.values("cam-00002", heartbeat)["cam-00002"], of_file) << "a dry run changes nothing";
  expect_counts(fleet.vfleet({"set", "type=ip_camera,site=hefei", heartbeat + "=2s"}), 0, 200, 200);
  std::uint64_t fast = 0;
  for (const auto& [id, value] : fleet.values("type=ip_camera", heartbeat)) fast += value == "2s" ? 1 : 0;
  EXPECT_EQ(fast, 200U);
  EXPECT_TRUE(platform.figures_become([](const json& figures) {
    return at(figures, "/rates/heartbeat/5s").is_number() &&
           at(figures, "/rates/heartbeat/5s").get<double>() > 90;
  })) << "200 cameras with a heartbeat each 2 s";
  const json explained =
      at(fleet.vfleet({"get", "cam-00002", heartbeat, "--explain"}).json, "/rows/0/explain");
  EXPECT_GE(explained.size(), 3U) << "default, profile, rule";
  expect_counts(fleet.vfleet({"unset", "type=ip_camera,site=hefei", heartbeat}), 0, 200, 200);
  EXPECT_EQ(fleet.values("cam-00002", heartbeat)["cam-00002"], of_file);

  // Exit statuses: 4 done on some, 3 nothing matched, 2 refused with a reason.
  expect_counts(fleet.vfleet({"set", "all", "power_limit=90%"}), 4, 1000, 600);
  expect_counts(fleet.vfleet({"set", "nobody-*", "power_limit=90%"}), 3, 0, 0);
  const Answer refused = fleet.vfleet({"set", "pile-*", "power_limmit=90%"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(at(refused.json, "/error/message").dump().find("power_limmit"), std::string::npos) << refused.out;
  const Answer outside = fleet.vfleet({"set", "pile-*", "power_limit=300%"});
  EXPECT_EQ(outside.status, 2);
  EXPECT_FALSE(at(outside.json, "/error/message").dump().empty());
  EXPECT_EQ(fleet.vfleet({"do", "pile-00001", "explode"}).status, 2);
  EXPECT_EQ(fleet.vfleet({"nonsense"}).status, 2);
  EXPECT_EQ(fleet.vfleet({"ls", "site in ("}).status, 2);
  const auto limits = fleet.values("pile-*", "power_limit");
  EXPECT_EQ(limits.size(), 600U);
  for (const auto& [id, value] : limits) ASSERT_EQ(value, "90%") << id;

  // Actions and reports.
  expect_counts(fleet.vfleet({"do", "pile-00042", "fault", "code=over_temperature"}), 0, 1, 1);
  EXPECT_EQ(at(fleet.device("pile-00042"), "/state/fault"), "over_temperature");
  EXPECT_TRUE(platform.figures_become([](const json& figures) { return reports(figures, "fault") == 1; }));
  expect_counts(fleet.vfleet({"do", "pile-00042", "clear"}), 0, 1, 1);
  EXPECT_EQ(at(fleet.device("pile-00042"), "/state/fault"), "none");
  expect_counts(fleet.vfleet({"trigger", "cam-00001..00100", "snapshot", "--wait", "acked"}), 0, 100, 100);
  EXPECT_EQ(reports(platform.figures(), "snapshot"), 100U);
  expect_counts(fleet.vfleet({"trigger", "pile-00007", "meter", "power_w=7200", "--wait", "acked"}), 0, 1, 1);
  const json meter = platform.call("GET", "/devices/pile-00007");
  EXPECT_NE(meter.dump().find(":7200"), std::string::npos) << meter.dump();

  // Jobs.
  const Answer started = fleet.vfleet({"trigger", "pile-*", "status", "--count", "1000", "--every", "1min"});
  expect_counts(started, 0, 600, 600);
  const std::string job = at(started.json, "/job").get<std::string>();
  const json jobs = at(fleet.vfleet({"jobs"}).json, "/jobs");
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].value("id", ""), job);
  EXPECT_EQ(jobs[0].value("shards", 0), 4);
  EXPECT_EQ(jobs[0].value("remaining", 0), 600 * 999) << jobs.dump();
  EXPECT_EQ(fleet.vfleet({"cancel", job}).status, 0);
  EXPECT_EQ(at(fleet.vfleet({"jobs"}).json, "/jobs"), json::array());
  EXPECT_EQ(fleet.vfleet({"cancel", job}).status, 3);

  // Links.
  expect_counts(fleet.vfleet({"disconnect", "pile-00011..00020"}), 0, 10, 10);
  EXPECT_TRUE(fleet.come_online(990));
  EXPECT_EQ(at(fleet.device("pile-00011"), "/online"), false);
  expect_counts(fleet.vfleet({"trigger", "pile-00001..00020", "heartbeat"}), 4, 20, 10);
  expect_counts(fleet.vfleet({"connect", "pile-00011..00020"}), 0, 10, 10);
  EXPECT_TRUE(fleet.come_online(1000));
  expect_counts(fleet.vfleet({"pause", "site=hefei,type=charging_pile"}), 0, 300, 300);
  EXPECT_TRUE(eventually([&] { return count(fleet.status(), "/figures/paused") == 300; }));
  EXPECT_EQ(at(fleet.device("pile-00002"), "/paused"), true);
  expect_counts(fleet.vfleet({"resume", "site=hefei,type=charging_pile"}), 0, 300, 300);
  EXPECT_TRUE(eventually([&] { return count(fleet.status(), "/figures/paused") == 0; }));
  const std::uint64_t logins = reports(platform.figures(), "login");
  expect_counts(fleet.vfleet({"reboot", "pile-00031..00040", "--down", "200ms"}), 0, 10, 10);
  EXPECT_TRUE(platform.figures_become([&](const json& now) { return reports(now, "login") == logins + 10; }));
  EXPECT_TRUE(fleet.come_online(1000));

  // The file again, and reports as they are sent.
  const Answer same = fleet.vfleet({"reload"});
  EXPECT_EQ(same.status, 0);
  EXPECT_EQ(at(same.json, "/changes"), json::array());
  expect_counts(fleet.vfleet({"trigger", "cam-00001", "heartbeat", "--count", "20", "--every", "200ms"}), 0,
                1, 1);
  const Answer watched = fleet.vfleet({"watch", "cam-00001", "--report", "heartbeat", "--count", "1"});
  EXPECT_EQ(watched.status, 0);
  EXPECT_NE(watched.out.find("\"cam-00001\""), std::string::npos) << watched.out;

  // The end: everything that was sent is there, once.
  const Answer stopped = fleet.vfleet({"stop"});
  EXPECT_EQ(stopped.status, 0) << stopped.out << stopped.err;
  EXPECT_EQ(fleet.control().wait(seconds(20)), 0);
  for (std::uint32_t shard = 0; shard < 4; ++shard) EXPECT_EQ(fleet.worker(shard).wait(seconds(20)), 0);
  const json figures = platform.figures();
  EXPECT_EQ(count(figures, "/received"), count(stopped.json, "/figures/sent")) << stopped.out;
  EXPECT_EQ(count(stopped.json, "/figures/acked"), count(stopped.json, "/figures/sent"));
  EXPECT_EQ(at(figures, "/missing"), 0);
  EXPECT_EQ(at(figures, "/duplicates"), 0);
  EXPECT_EQ(at(figures, "/devices"), 1000);
  EXPECT_EQ(fleet.vfleet({"ls"}).status, 5) << "no control any more";
}

}  // namespace
}  // namespace vfleet::fleet_test
