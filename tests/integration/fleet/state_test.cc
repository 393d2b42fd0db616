// Workers that are killed while their piles charge: what was told never goes back, and nothing ends twice.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"
#include "tests/support/small_files.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

constexpr int kPiles = 24;

// Model time runs 600 times as fast: a vehicle charges for some seconds.
std::string busy_piles(const PlatformProcess& platform) {
  return "fleet: busy\nseed: 11\ntime_scale: 600\ngroups:\n" +
         group(
             "pile", "charging_pile", kPiles,
             "{http: {url: 'http://127.0.0.1:" + std::to_string(platform.port()) + "/ingest'}}",
             "    config: {arrivals: {per_day: 200}, reports: {meter: {every: 100ms, idle_every: 500ms}}}\n");
}

/// The last number of each device, as the platform saw it.
std::map<std::string, std::uint64_t> last_numbers(const PlatformProcess& platform) {
  std::map<std::string, std::uint64_t> out;
  for (int i = 1; i <= kPiles; ++i) {
    const std::string number = std::to_string(i);
    const std::string id = "pile-" + std::string(5 - number.size(), '0') + number;
    out[id] = count(platform.call("GET", "/devices/" + id), "/last_seq");
  }
  return out;
}

/// Kills the shard's worker and starts it again, until it is live with another boot.
void kill_and_start(RunningFleet& fleet, std::uint32_t shard) {
  const std::string here = "/shards/" + std::to_string(shard);
  const std::uint64_t boot = count(fleet.status(), here + "/boot");
  fleet.worker(shard).signal(SIGKILL);
  ASSERT_EQ(fleet.worker(shard).wait(seconds(20)), -SIGKILL);
  fleet.start_worker(shard);
  ASSERT_TRUE(eventually([&] {
    const json now = at(fleet.status(), here);
    return now.value("state", "") == "live" && count(now, "/boot") > boot;
  }));
}

TEST(AKilledWorker, LosesNoEnergyEndsNoSessionTwiceAndGoesOnCounting) {
  constexpr std::uint64_t kDeaths = 8;
  PlatformProcess platform;
  RunningFleet fleet(busy_piles(platform), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(kPiles));
  std::uint64_t ends = 0;
  for (std::uint64_t death = 0; death < kDeaths; ++death) {
    // Sessions end and others run when it dies.
    ASSERT_TRUE(platform.figures_become(
        [&](const json& now) { return count(now, "/by_type/session_end") >= ends + 5; }));
    ends = count(platform.figures(), "/by_type/session_end");
    const auto before = last_numbers(platform);
    ASSERT_NO_FATAL_FAILURE(kill_and_start(fleet, static_cast<std::uint32_t>(death % 2)));
    ASSERT_TRUE(fleet.come_online(kPiles));
    EXPECT_TRUE(eventually([&] {
      for (const auto& [id, last] : last_numbers(platform))
        if (last <= before.at(id)) return false;
      return true;
    })) << "a device counts anew";
  }
  EXPECT_EQ(fleet.vfleet({"stop"}).status, 0);
  ASSERT_EQ(fleet.control().wait(seconds(20)), 0);

  const json figures = platform.figures();
  EXPECT_EQ(count(figures, "/regressions"), 0U) << figures;
  EXPECT_EQ(count(figures, "/duplicates"), 0U);
  EXPECT_EQ(count(figures, "/stale"), 0U);
  // Each number was received, or is missing and was under way when its worker died.
  std::uint64_t numbers = 0;
  for (const auto& [id, last] : last_numbers(platform)) numbers += last;
  EXPECT_EQ(count(figures, "/received") + count(figures, "/missing"), numbers);
  EXPECT_LE(count(figures, "/missing"), kDeaths * kPiles);

  const json rows = at(platform.call("GET", "/reports?type=session_end&limit=10000"), "/reports");
  EXPECT_EQ(rows.size(), count(figures, "/by_type/session_end"));
  EXPECT_GT(rows.size(), kDeaths * 5);
  std::set<std::string> ended;
  for (const json& row : rows) {
    const json data = at(row, "/data");
    const std::string session = row.value("device", "") + " " + data.value("session", "");
    EXPECT_NE(data.value("session", ""), "") << row;
    EXPECT_TRUE(ended.insert(session).second) << session << " ended twice";
    EXPECT_NEAR(data.value("energy_wh", -1.0),
                data.value("meter_stop_wh", 0.0) - data.value("meter_start_wh", 0.0), 0.01)
        << row;
  }
}

TEST(AKilledWorker, WithoutStateStartsItsDevicesAnewAndTheStandInSaysSo) {
  PlatformProcess platform;
  RunningFleet fleet(busy_piles(platform), 1);
  fleet.start_worker(0, {"--no-state"});
  ASSERT_TRUE(fleet.come_online(kPiles));
  ASSERT_TRUE(
      platform.figures_become([](const json& now) { return count(now, "/by_type/session_end") >= 5; }));
  fleet.worker(0).signal(SIGKILL);
  ASSERT_EQ(fleet.worker(0).wait(seconds(20)), -SIGKILL);
  fleet.start_worker(0, {"--no-state"});
  EXPECT_TRUE(platform.figures_become([](const json& now) { return count(now, "/regressions") > 0; }));
  EXPECT_FALSE(std::filesystem::exists(fleet.socket("state")));
}

TEST(AWorker, WhoseDiskIsFullGoesOnWithTheRoomThatThereIs) {
  constexpr std::uint64_t kMany = 8000;
  constexpr std::uint64_t kDiskBytes = 1'500'000;  // enough for a few
  RunningFleet fleet("fleet: full\ngroups:\n" + group("pile", "charging_pile", kPiles, "{null: {}}",
                                                      "    config: {arrivals: {per_day: 0}}\n"),
                     1);
  const test::SmallFiles disk(kDiskBytes);
  fleet.start_worker(0);
  ASSERT_TRUE(fleet.come_online(kPiles));
  EXPECT_EQ(fleet.vfleet({"scale", "pile=" + std::to_string(kMany)}).status, 0);
  ASSERT_TRUE(fleet.come_online(kMany));
  // A control that comes back tells all of them again, and who is started again needs their room at once.
  fleet.start_control({"--resume"});
  EXPECT_TRUE(fleet.come_online(kMany));
  ASSERT_NO_FATAL_FAILURE(kill_and_start(fleet, 0));
  EXPECT_TRUE(fleet.come_online(kMany));
  EXPECT_TRUE(eventually([&] {
    return fleet.worker_log(0).find("the devices go on, as long as there is no room") != std::string::npos;
  }));
}

}  // namespace
}  // namespace vfleet::fleet_test
