#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class ShardTest : public FleetFixture {};

TEST_F(ShardTest, EveryDeviceReportsOncePerPeriod) {
  join({group_json(100)});
  loop.run_for(100s);
  const json all = figures();
  EXPECT_EQ(all["devices"], 100);
  EXPECT_EQ(all["online"], 100);
  EXPECT_EQ(sent("beat"), 1000u);
  EXPECT_EQ(all["sent"], all["acked"]);
  EXPECT_EQ(all["in_flight"], 0);
}

TEST_F(ShardTest, HowLongReportsTakeIsCountedByUplinkTypeAndReport) {
  join({group_json(100)});
  EXPECT_FALSE(figures().contains("latencies")) << "rows come when they are needed";
  loop.run_for(100s);
  EXPECT_EQ(run(bus::Verb::action, "probe-00001", {{"action", "poke"}}).applied, 1u);
  const json rows = figures()["latencies"];
  std::map<std::string, json> by_name;
  for (const json& row : rows) by_name[row["name"]] = row;
  ASSERT_EQ(by_name.size(), 2u) << rows;
  EXPECT_EQ(by_name["null/probe.beat"]["send"]["count"], 1000);
  EXPECT_EQ(by_name["null/probe.poked"]["send"]["count"], 1);
  // What cannot be acknowledged says nothing of acknowledgements.
  EXPECT_EQ(by_name["null/probe.beat"]["ack"]["count"], 0);
}

TEST_F(ShardTest, AReportThatAnUplinkWantsIsSentInALaterTurn) {
  join({group_json(1)});
  const std::uint64_t before = sent("beat");
  uplink::LinkOwner& owner = host->shard();
  EXPECT_TRUE(owner.report_wanted(0, "beat"));
  EXPECT_EQ(sent("beat"), before);
  loop.run_for(1ms);
  EXPECT_EQ(sent("beat"), before + 1);
  EXPECT_FALSE(owner.report_wanted(0, "nonsense")) << "it has none of that name";
}

TEST_F(ShardTest, ShardsTogetherHoldEachDeviceOnce) {
  std::map<std::string, int> seen;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    host = std::make_unique<FleetHost>(loop, types, uplink::UplinkEnvironment{.loop = loop});
    join({group_json(100)}, {}, shard, 3);
    for (const json& row : query("ls", "all")) ++seen[row["id"]];
  }
  EXPECT_EQ(seen.size(), 100u);
  for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << id;
}

TEST_F(ShardTest, ARestartedWorkerStaysOnTheGrid) {
  // The fleet began at T; a worker that joins 3.3 s later reports at the same moments as one that joined at
  // T.
  const std::int64_t start_us = to_us(loop.clock().wall_now());
  std::vector<TimePoint> moments[2];
  for (int life = 0; life < 2; ++life) {
    loop::VirtualLoop own;
    if (life == 1) own.run_for(3300ms);
    FleetHost worker(own, types, {.loop = own});
    worker.snapshot_begin({.seed = 42, .start_us = start_us, .boot = 1});
    worker.snapshot_groups({group_json(1).dump()});
    worker.snapshot_end([] {});
    std::uint64_t before = 0;
    while (moments[life].size() < 5) {
      own.run_for(1ms);
      const std::uint64_t now = worker.shard().figures().sent;
      if (now != before) moments[life].push_back(own.now());
      before = now;
    }
  }
  // The second life may have missed the first of them.
  const auto& early = moments[0];
  const auto& late = moments[1];
  EXPECT_TRUE(late[0] == early[0] || late[0] == early[1]);
}

TEST_F(ShardTest, PausedDevicesStayOnlineAndOnlyScheduledReportsStop) {
  join({group_json(10)});
  EXPECT_EQ(run(bus::Verb::pause, "all").applied, 10u);
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), 0u);
  EXPECT_EQ(figures()["not_sent"]["paused"], 100);
  EXPECT_EQ(figures()["online"], 10);
  EXPECT_EQ(run(bus::Verb::action, "probe-00001", {{"action", "poke"}}).applied, 1u);
  EXPECT_EQ(sent("poked"), 1u);
  run(bus::Verb::resume, "all");
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), 100u);
}

TEST_F(ShardTest, DisconnectedDevicesSendNothingAndComeBack) {
  join({group_json(10)});
  EXPECT_EQ(run(bus::Verb::disconnect, "site=a").applied, 5u);
  EXPECT_EQ(figures()["online"], 5);
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), 50u);
  EXPECT_EQ(figures()["not_sent"]["offline"], 50);
  run(bus::Verb::connect, "all");
  EXPECT_EQ(figures()["online"], 10);
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), 150u);
}

TEST_F(ShardTest, ARebootTakesItsTimeAndThenBootKeysHold) {
  join({group_json(1)});
  EXPECT_EQ(run(bus::Verb::set, "all", {{"patch", {{"channels", 4}, {"reports.pair.every", "1s"}}}}).applied,
            1u);
  loop.run_for(10s);
  EXPECT_EQ(sent("pair"), 20u);  // still two channels
  EXPECT_EQ(run(bus::Verb::reboot, "all", {{"down", "5s"}}).applied, 1u);
  EXPECT_EQ(figures()["online"], 0);
  EXPECT_EQ(run(bus::Verb::reboot, "all").rejected, 1u);
  loop.run_for(5s);
  EXPECT_EQ(figures()["online"], 1);
  loop.run_for(10s);
  EXPECT_NEAR(static_cast<double>(sent("pair")), 20 + 40, 4);
}

TEST_F(ShardTest, AConnectionKeyRemakesTheConnectionOfThatDeviceAlone) {
  join({group_json(4)});
  EXPECT_EQ(run(bus::Verb::set, "probe-00002", {{"patch", {{"site", "there"}}}}).applied, 1u);
  loop.run_for(1s);
  EXPECT_EQ(figures()["online"], 4);
  loop.run_for(100s);
  EXPECT_NEAR(static_cast<double>(sent("beat")), 40, 1);
}

TEST_F(ShardTest, TheSameSeedGivesTheSameRunByteForByte) {
  const auto record = [&] {
    loop::VirtualLoop own;
    FleetHost worker(own, types, {.loop = own});
    worker.snapshot_begin({.seed = 7, .start_us = to_us(own.clock().wall_now()), .boot = 1});
    worker.snapshot_groups({group_json(20).dump()});
    worker.snapshot_end([] {});
    std::string all;
    worker.query(1, "watch", "all", R"({"rate":100000})", [&](std::vector<std::string> rows, bool) {
      for (const std::string& row : rows) all += row + "\n";
    });
    own.run_for(300s);
    return all;
  };
  const std::string first = record();
  EXPECT_EQ(first, record());
  EXPECT_GT(first.size(), 10000u);
}

TEST_F(ShardTest, StopEndsSchedulesAndTellsWhenLinksAreIdle) {
  join({group_json(10)});
  bool stopped = false;
  host->stop([&] { stopped = true; });
  EXPECT_TRUE(loop.run_until([&] { return stopped; }, 5s));
  const std::uint64_t before = sent("beat");
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), before);
}

TEST_F(ShardTest, TheGridStaysWhenTheWorkerTakesAnotherSnapshotOfTheSameFleet) {
  const bus::Assignment assignment{.fleet = "test",
                                   .seed = 42,
                                   .start_us = to_us(loop.clock().wall_now()),
                                   .shard = 0,
                                   .shards = 1,
                                   .boot = 1};
  const auto take = [&] {
    host->snapshot_begin(assignment);
    host->snapshot_groups({group_json(20).dump()});
    bool done = false;
    host->snapshot_end([&] { done = true; });
    ASSERT_TRUE(loop.run_until([&] { return done; }, std::chrono::seconds(1)));
  };
  take();
  loop.run_for(std::chrono::seconds(35));
  const std::uint64_t before = sent("beat");
  // The wall clock is not where it was, as after every two readings of two clocks.
  loop.jump_wall(std::chrono::microseconds(-3));
  take();
  loop.jump_wall(std::chrono::microseconds(5));
  take();
  loop.run_for(std::chrono::seconds(100));
  EXPECT_EQ(sent("beat"), before + 200);
  EXPECT_EQ(figures()["not_sent"].value("late", 0), 0);
}

}  // namespace
}  // namespace vfleet::fleet
