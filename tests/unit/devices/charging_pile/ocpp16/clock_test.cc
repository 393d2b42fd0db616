// The charge point's clock: what the CSMS says that it is, and what is by it.
#include "simulator/codec/ocpp/date_time.h"
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

WallTime time_in(const json& payload) {
  const auto read = codec::ocpp::read_date_time(payload.at("timestamp").get<std::string>());
  EXPECT_TRUE(read) << payload;
  return read ? read->at : WallTime();
}

std::string written(WallTime at) {
  codec::Buffer out;
  codec::json::Writer writer(out);
  codec::ocpp::write_date_time(writer, at);
  return out.substr(1, out.size() - 2);
}

TEST(OcppClock, IsSetByBootNotificationAndTimesOfMessagesAreByIt) {
  OcppWorld world({{"ocpp.security.events", boolean(true)}});
  world.ahead = 1h;
  world.accept();
  world.charge();
  for (const char* action : {"StatusNotification", "StartTransaction"}) {
    EXPECT_NEAR(to_us(time_in(world.last_of(action)) - world.wall_now()) / 1e6, 3600, 5) << action;
  }
  EXPECT_TRUE(world.operate("MeterValues", {{"connectorId", "1"}}));
  EXPECT_NEAR(to_us(time_in(world.last_of("MeterValues").at("meterValue").at(0)) - world.wall_now()) / 1e6,
              3600, 5);
  std::vector<std::string> events;
  for (const json& each : world.sent("SecurityEventNotification")) events.push_back(each.at("type"));
  EXPECT_EQ(events, (std::vector<std::string>{"StartupOfTheDevice", "SettingSystemTime"}));
}

TEST(OcppClock, IsSetByHeartbeatsAndAnswersOfWholeSecondsAreNoDifference) {
  OcppWorld world({{"reports.heartbeat.every", duration(60s)}});
  world.heartbeat_interval = 60;
  world.accept();
  world.ahead = -1500ms;
  world.run_for(61s);
  ASSERT_TRUE(world.on("disable", 1));
  world.run_for(1s);
  EXPECT_NEAR(to_us(time_in(world.last_of("StatusNotification")) - world.wall_now()) / 1e6, -1, 0.5);
  world.ahead = -2h;
  world.run_for(61s);
  ASSERT_TRUE(world.on("enable", 1));
  world.run_for(1s);
  EXPECT_NEAR(to_us(time_in(world.last_of("StatusNotification")) - world.wall_now()) / 1e6, -7201, 2);
}

TEST(OcppClock, IsTheFleetsWhereItIsToldSo) {
  OcppWorld world({{"ocpp.set_clock", boolean(false)}});
  world.ahead = 1h;
  world.accept();
  EXPECT_LT(time_in(world.last_of("StatusNotification")), world.wall_now() + 1s);
  // Also from now on, and again.
  ASSERT_TRUE(world.set("ocpp.set_clock", boolean(true)));
  world.run_for(10min);
  ASSERT_TRUE(world.on("disable", 1));
  world.run_for(1s);
  EXPECT_GT(time_in(world.last_of("StatusNotification")), world.wall_now() + 59min);
  ASSERT_TRUE(world.set("ocpp.set_clock", boolean(false)));
  ASSERT_TRUE(world.on("enable", 1));
  world.run_for(1s);
  EXPECT_LT(time_in(world.last_of("StatusNotification")), world.wall_now() + 1s);
}

TEST(OcppClock, IsTheFleetsWhereModelTimeRunsFaster) {
  OcppWorld world;
  world.scale = 60;
  world.ahead = 1h;
  world.accept();
  EXPECT_LT(time_in(world.last_of("StatusNotification")), world.wall_now() + 1s);
}

TEST(OcppClock, OutlivesTheWorker) {
  OcppWorld world;
  world.ahead = 1h;
  world.accept();
  ASSERT_TRUE(world.resume(world.saved()));
  ASSERT_TRUE(world.on("disable", 1));
  world.run_for(1s);
  EXPECT_NEAR(to_us(time_in(world.last_of("StatusNotification")) - world.wall_now()) / 1e6, 3600, 3);
}

TEST(OcppClock, DecidesWhenClockAlignedDataIsDueAndWhenSchedulesBegin) {
  OcppWorld world({{"kind", text("ac")},
                   {"rated_power", number(22e3)},
                   {"connector_current", number(32)},
                   {"stop_when_full", boolean(false)},
                   {"ocpp.clock_aligned_data_interval", duration(3600s)},
                   {"reports.meter.every", duration(0s)}});
  world.ahead = 50min;  // the world begins at 8:00
  world.accept();
  world.charge();
  const WallTime start = world.wall_now() + world.ahead + 5min;
  const json periods = json::array({{{"startPeriod", 0}, {"limit", 0}}});
  EXPECT_EQ(world.status_of("SetChargingProfile", {{"connectorId", 1},
                                                   {"csChargingProfiles",
                                                    {{"chargingProfileId", 1},
                                                     {"stackLevel", 0},
                                                     {"chargingProfilePurpose", "TxDefaultProfile"},
                                                     {"chargingProfileKind", "Absolute"},
                                                     {"chargingSchedule",
                                                      {{"chargingRateUnit", "A"},
                                                       {"startSchedule", written(start)},
                                                       {"chargingSchedulePeriod", periods}}}}}}),
            "Accepted");
  world.run_for(4min + 50s);
  EXPECT_EQ(world.state("connector1.status"), "charging");
  EXPECT_EQ(world.count_of("MeterValues"), 0U);
  world.run_for(20s);
  EXPECT_EQ(world.state("connector1.status"), "suspended_evse");
  world.run_for(5min);
  ASSERT_EQ(world.count_of("MeterValues"), 3U);
  EXPECT_TRUE(world.last_of("MeterValues")
                  .at("meterValue")
                  .at(0)
                  .at("timestamp")
                  .get<std::string>()
                  .ends_with("09:00:00.000Z"))
      << world.last_of("MeterValues");
}

TEST(OcppClock, ARelativeScheduleGoesOnWhenTheClockIsSetMeanwhile) {
  OcppWorld world({{"kind", text("ac")},
                   {"rated_power", number(22e3)},
                   {"connector_current", number(32)},
                   {"stop_when_full", boolean(false)}});
  world.heartbeat_interval = 60;
  world.accept();
  world.charge();
  const json periods =
      json::array({{{"startPeriod", 0}, {"limit", 16}}, {{"startPeriod", 600}, {"limit", 0}}});
  EXPECT_EQ(world.status_of(
                "SetChargingProfile",
                {{"connectorId", 1},
                 {"csChargingProfiles",
                  {{"chargingProfileId", 1},
                   {"stackLevel", 0},
                   {"chargingProfilePurpose", "TxDefaultProfile"},
                   {"chargingProfileKind", "Relative"},
                   {"chargingSchedule", {{"chargingRateUnit", "A"}, {"chargingSchedulePeriod", periods}}}}}}),
            "Accepted");
  world.ahead = 24h;
  world.run_for(9min);
  EXPECT_EQ(world.state("connector1.status"), "charging");
  world.run_for(90s);
  EXPECT_EQ(world.state("connector1.status"), "suspended_evse");
}

}  // namespace
}  // namespace vfleet::pile
