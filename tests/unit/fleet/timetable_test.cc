// Schedules that follow the day, in a whole worker: the virtual clock begins on 1 March 2026 at 08:00 UTC.
#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using namespace nlohmann::literals;

class TimetableTest : public FleetFixture {
 protected:
  static json group_at(std::uint32_t count, const json& values) {
    json group = group_json(count);
    group["values"] = values;
    return group;
  }
  std::uint64_t sent_in(Duration time) {
    const std::uint64_t before = sent("beat");
    loop.run_for(time);
    return sent("beat") - before;
  }
};

TEST_F(TimetableTest, ATimeOfDayComesOnceADayInTheFleetsZone) {
  time_zone = "Asia/Shanghai";
  join({group_at(10, {{"reports.beat.at", json::array({"17:30"})}})});  // 09:30 UTC
  EXPECT_EQ(sent_in(90min - 1ms), 0u);
  EXPECT_EQ(sent_in(2ms), 10u);
  EXPECT_EQ(sent_in(24h - 2ms), 0u);
  EXPECT_EQ(sent_in(2ms), 10u);
  EXPECT_EQ(figures().value("/not_sent/late"_json_pointer, 0), 0);
}

TEST_F(TimetableTest, TheWallClockOfTheMachineMovesNothing) {
  join({group_at(1, {{"reports.beat.at", json::array({"09:30"})}})});
  loop.jump_wall(2h);
  EXPECT_EQ(sent_in(90min - 1ms), 0u);
  EXPECT_EQ(sent_in(2ms), 1u);
}

TEST_F(TimetableTest, AModelsDayPassesWithTheTimeScale) {
  time_scale = 1440;  // a day a minute
  join({group_at(10, {{"reports.beat.at", json::array({"20:00"})}})});
  EXPECT_EQ(sent_in(29s), 0u);
  EXPECT_EQ(sent_in(2s), 10u);
  EXPECT_EQ(sent_in(10min), 100u);
}

TEST_F(TimetableTest, ACurveMovesTheRateOverTheDay) {
  join({group_at(100, {{"reports.beat.every", "10s"},
                       {"reports.beat.day_curve",
                        json::array({"08:00 100%", "12:00 20%", "13:00 0%", "14:00 200%"})}})});
  EXPECT_EQ(sent_in(4h), 100u * 4 * 360);
  EXPECT_EQ(sent_in(1h), 100u * 72);
  EXPECT_EQ(sent_in(1h), 0u);
  EXPECT_EQ(sent_in(1h), 100u * 720);
  EXPECT_EQ(figures().value("/not_sent/late"_json_pointer, 0), 0);
}

TEST_F(TimetableTest, ALiveChangeOfTheDayIsNeitherABurstNorACatchUp) {
  join({group_at(100, {{"reports.beat.every", "10s"}})});
  const auto change = [&](const json& patch) {
    const auto result = run(bus::Verb::set, "all", {{"patch", patch}});
    EXPECT_EQ(result.applied, 100u);
  };
  EXPECT_EQ(sent_in(1h), 36'000u);
  change({{"reports.beat.day_curve", json::array({"00:00 50%"})}});
  EXPECT_NEAR(static_cast<double>(sent_in(1h)), 18'000, 100);
  change({{"reports.beat.at", json::array({"09:00", "10:30"})}});  // it is 10:00
  EXPECT_EQ(sent_in(1h), 100u);
  change({{"reports.beat.at", json::array()}, {"reports.beat.day_curve", json::array()}});
  EXPECT_NEAR(static_cast<double>(sent_in(10s)), 100, 1);
  EXPECT_EQ(sent_in(1h), 36'000u);
}

TEST_F(TimetableTest, WhatCannotBeReadIsRefusedAndNothingChanges) {
  join({group_at(5, {{"reports.beat.every", "10s"}})});
  const auto result = run(bus::Verb::set, "all", {{"patch", {{"reports.beat.at", json::array({"25:00"})}}}});
  EXPECT_EQ(result.applied, 0u);
  ASSERT_FALSE(result.reasons.empty());
  EXPECT_NE(result.reasons[0].text.find("'25:00' is not a time of day"), std::string::npos)
      << result.reasons[0].text;
  EXPECT_EQ(sent_in(10s), 5u);
}

TEST_F(TimetableTest, AZoneThatIsNotInstalledIsAProblemAndUtcHolds) {
  host->snapshot_begin(
      {.fleet = "test", .start_us = to_us(loop.clock().wall_now()), .boot = 1, .time_zone = "Mars/Olympus"});
  host->snapshot_groups({group_at(1, {{"reports.beat.at", json::array({"09:30"})}}).dump()});
  host->snapshot_end([] {});
  loop.run_for(1s);
  ASSERT_EQ(host->problems().size(), 1u);
  EXPECT_NE(host->problems()[0].find("unknown time zone 'Mars/Olympus'"), std::string::npos);
  EXPECT_EQ(sent_in(90min), 1u);
}

}  // namespace
}  // namespace vfleet::fleet
