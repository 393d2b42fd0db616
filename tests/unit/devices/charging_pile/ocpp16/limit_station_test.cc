// What charging profiles do to the model of a charge point.
#include <gtest/gtest.h>

#include "tests/unit/devices/charging_pile/ocpp16/charging_desk.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;

/// What the station shows to nobody here.
struct Nobody final : Observer {
  void status_changed(ConnectorNumber) override {}
  void session_started(ConnectorNumber) override {}
  void session_ended(ConnectorNumber, StopReason) override {}
  void fault_changed(ConnectorNumber, FaultCode, bool) override {}
};

TEST(Ocpp16LimitStation, ProfilesBecomeLimitsOfTheModelAndTellWhenToLookAgain) {
  Desk desk;
  pile::Settings settings = settings_keys().build({}).value();
  settings.supply = ac_supply();
  Nobody nobody;
  const TimePoint now{1h};
  Station station(1, 1, settings);
  const auto turn = [&](Duration later) {
    return Turn{{now + later, desk.now + std::chrono::duration_cast<std::chrono::microseconds>(later)},
                settings,
                nobody};
  };
  station.boot(turn(0s));
  EXPECT_EQ(desk.status(0, profile(1, "ChargePointMaxProfile", "Absolute", periods({{0, 30000}}), "W")),
            "Accepted");
  EXPECT_EQ(desk.status(1, starting(profile(2, "TxDefaultProfile", "Absolute", periods({{0, 16}, {600, 0}})),
                                    "2026-03-02T08:00:00Z")),
            "Accepted");
  EXPECT_EQ(desk.profiles->look_at, TimePoint::min());
  limit_station(*desk.profiles, station, turn(0s), turn(0s).at.wall, desk.transactions);
  EXPECT_EQ(station.power_limit(0), (PowerLimit{PowerLimit::Unit::watts, 0, 30000}));
  EXPECT_EQ(station.power_limit(1), (PowerLimit{PowerLimit::Unit::amperes, 0, 16}));
  EXPECT_EQ(station.power_limit(2), PowerLimit{});
  EXPECT_EQ(desk.profiles->look_at, now + 600s);
  limit_station(*desk.profiles, station, turn(600s), turn(600s).at.wall, desk.transactions);
  EXPECT_TRUE(station.power_limit(1).zero());
  EXPECT_EQ(desk.profiles->look_at, kNever);
  EXPECT_EQ(desk.clear(nlohmann::json::object()), "Accepted");
  limit_station(*desk.profiles, station, turn(601s), turn(601s).at.wall, desk.transactions);
  EXPECT_EQ(station.power_limit(0), PowerLimit{});
  EXPECT_EQ(station.power_limit(1), PowerLimit{});
}

TEST(Ocpp16LimitStation, AZeroLimitSuspendsASessionAndItsEndLetsItGoOn) {
  Desk desk;
  pile::Settings settings = settings_keys().build({}).value();
  settings.supply = ac_supply();
  Nobody nobody;
  const TimePoint start{1h};
  Station station(1, 1, settings);
  TimePoint now = start;
  const auto turn = [&] {
    return Turn{{now, desk.now + std::chrono::duration_cast<std::chrono::microseconds>(now - start)},
                settings,
                nobody};
  };
  station.boot(turn());
  ASSERT_TRUE(station.plug(turn(), 1, "sedan", 0.2));
  ASSERT_TRUE(station.start(turn(), 1, StartedBy::local, "", {}, false));
  station.advance(turn());
  EXPECT_EQ(station.connector(1).status, ConnectorStatus::charging);
  const double before = station.power_w();
  EXPECT_GT(before, 3000);
  desk.transactions[1] = {7, desk.now};
  // 6 A on each phase now, nothing after ten seconds, and after another ten no limit.
  EXPECT_EQ(desk.status(1, lasting(profile(1, "TxProfile", "Relative", periods({{0, 6}, {10, 0}})), 20)),
            "Accepted");
  limit_station(*desk.profiles, station, turn(), turn().at.wall, desk.transactions);
  EXPECT_LT(station.power_w(), 6 * 3 * 240.0);
  EXPECT_GT(station.power_w(), 1000);
  ASSERT_EQ(desk.profiles->look_at, start + 10s);
  now = start + 10s;
  station.advance(turn());
  limit_station(*desk.profiles, station, turn(), turn().at.wall, desk.transactions);
  EXPECT_EQ(station.connector(1).status, ConnectorStatus::suspended_evse);
  EXPECT_EQ(station.power_w(), 0);
  now = start + 20s;
  station.advance(turn());
  limit_station(*desk.profiles, station, turn(), turn().at.wall, desk.transactions);
  EXPECT_EQ(station.connector(1).status, ConnectorStatus::charging);
  EXPECT_NEAR(station.power_w(), before, before / 10);
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
