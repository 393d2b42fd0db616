#include "devices/charging_pile/dialect.h"
#include "tests/unit/devices/charging_pile/pile_world.h"

namespace vfleet::pile {
namespace {

TEST(ChargingPile, SaysLoginAndTheStatusOfEachConnectorWhenTheLinkStands) {
  PileWorld world;
  world.start();
  ASSERT_EQ(world.messages().size(), 3u);
  EXPECT_EQ(world.messages()[0].report, "login");
  EXPECT_EQ(world.data("login")["connectors"], 2);
  EXPECT_EQ(world.data("status", 2)["status"], "available");
}

TEST(ChargingPile, ChargesFromPlugAndSwipeUntilTheBatteryIsFull) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1, "sedan", 0.5));
  EXPECT_EQ(world.state("status"), "preparing");
  ASSERT_TRUE(world.swipe(1));
  EXPECT_EQ(world.state("status"), "charging");
  EXPECT_EQ(world.count("session_start"), 1u);
  EXPECT_EQ(world.data("session_start")["card"], "1001");
  ASSERT_TRUE(world.run_until([&] { return world.count("session_end") > 0; }, 3h));
  const auto bill = world.data("session_end");
  EXPECT_EQ(bill["reason"], "battery_full");
  EXPECT_EQ(bill["soc"], 100.0);
  EXPECT_NEAR(bill["energy_wh"].get<double>(), 64e3 * 0.5 / 0.94, 1);
  EXPECT_EQ(world.state("status"), "finishing");
  ASSERT_TRUE(world.on("unplug", 1));
  EXPECT_EQ(world.state("status"), "available");
}

TEST(ChargingPile, SendsMetersOfTheConnectorThatChargesMoreOften) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(2, "van", 0.1));
  ASSERT_TRUE(world.on("start", 2));
  world.forget();
  world.run_for(5min);
  EXPECT_EQ(world.count("meter", 2), 20u);
  EXPECT_EQ(world.count("meter", 1), 1u);
  EXPECT_EQ(world.count("heartbeat"), 10u);
}

TEST(ChargingPile, StopsForTheSameCardOnly) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "A"));
  const Status other = world.swipe(1, "B");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().detail, "connector 1 is in use by another card");
  ASSERT_TRUE(world.swipe(1, "A"));
  EXPECT_EQ(world.data("session_end")["reason"], "card");
}

TEST(ChargingPile, WaitsForTheCableAfterACardAndNotForever) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.swipe(1));
  EXPECT_EQ(world.state("connector1.status"), "preparing");
  world.run_for(61s);
  EXPECT_EQ(world.state("connector1.status"), "available");
  ASSERT_TRUE(world.swipe(2));
  world.run_for(30s);
  ASSERT_TRUE(world.plug(2));
  EXPECT_EQ(world.state("connector2.status"), "charging");
}

TEST(ChargingPile, RefusesWithReasonsThatPeopleUnderstand) {
  PileWorld world;
  world.start();
  EXPECT_EQ(world.on("unplug", 1).error().detail, "connector 1 has no vehicle");
  EXPECT_EQ(world.on("start", 2).error().detail, "connector 2 has no vehicle");
  EXPECT_EQ(world.on("stop", 1).error().detail, "connector 1 has no session");
  EXPECT_EQ(world.plug(3).error().detail, "there is no connector 3: the pile has 2");
  EXPECT_EQ(world.plug(1, "tank").error().detail, "there is no vehicle called tank in the pool");
  ASSERT_TRUE(world.plug(1));
  EXPECT_EQ(world.plug(1).error().detail, "connector 1 already has a vehicle");
  ASSERT_TRUE(world.fault("ground_fault", 1));
  EXPECT_EQ(world.on("start", 1).error().detail, "connector 1 is faulted (ground_fault)");
}

TEST(ChargingPile, EndsASessionWhenTheCableIsPulled) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1));
  world.run_for(10min);
  ASSERT_TRUE(world.on("unplug", 1));
  EXPECT_EQ(world.data("session_end")["reason"], "ev_disconnected");
  EXPECT_EQ(world.data("session_end")["duration_s"], 600);
  EXPECT_EQ(world.data("status", 1)["status"], "available");
  EXPECT_EQ(world.data("status", 1)["plugged"], false);
}

TEST(ChargingPile, StopsEverythingOnAFaultUntilItIsCleared) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1));
  ASSERT_TRUE(world.fault("over_temperature"));
  EXPECT_EQ(world.data("fault")["code"], "over_temperature");
  EXPECT_EQ(world.data("fault")["state"], "raised");
  EXPECT_EQ(world.data("session_end")["reason"], "fault");
  EXPECT_EQ(world.state("connector1.status"), "faulted");
  EXPECT_EQ(world.state("connector2.status"), "faulted");
  ASSERT_TRUE(world.fault("over_temperature"));  // safe to repeat
  EXPECT_EQ(world.count("fault"), 1u);
  world.run_for(10h);
  EXPECT_EQ(world.state("fault"), "over_temperature");
  ASSERT_TRUE(world.clear("over_temperature"));
  EXPECT_EQ(world.data("fault")["state"], "cleared");
  EXPECT_EQ(world.state("connector1.status"), "finishing");
  EXPECT_EQ(world.state("connector2.status"), "available");
}

TEST(ChargingPile, StopsInAnEmergency) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(2));
  ASSERT_TRUE(world.swipe(2));
  ASSERT_TRUE(world.act("estop"));
  EXPECT_EQ(world.data("session_end")["reason"], "emergency_stop");
  EXPECT_EQ(world.state("status"), "faulted");
  ASSERT_TRUE(world.clear("emergency_stop"));
  EXPECT_EQ(world.state("fault"), "none");
}

TEST(ChargingPile, SwitchesOffWhenItIsTooHotAndComesBackWhenItCooled) {
  PileWorld world({{"thermal.ambient", number(60)},
                   {"thermal.rise", number(80)},
                   {"thermal.derate_at", number(80)},
                   {"thermal.fault_at", number(85)},
                   {"connectors", integer(1)}});
  world.start();
  ASSERT_TRUE(world.plug(1, "premium", 0.1));
  ASSERT_TRUE(world.on("start", 1));
  ASSERT_TRUE(world.run_until([&] { return world.state("fault") == "over_temperature"; }, 2h));
  EXPECT_NEAR(world.data("fault")["temperature_c"].get<double>(), 85, 0.1);
  EXPECT_EQ(world.data("session_end")["reason"], "fault");
  const Status early = world.clear();
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().detail.find("too hot"), std::string::npos);
  ASSERT_TRUE(world.run_until([&] { return world.state("fault") == "none"; }, 2h));
  EXPECT_NEAR(world.data("fault")["temperature_c"].get<double>(), 80, 0.1);
}

TEST(ChargingPile, SharesItsPowerAndGivesTheRestToTheOther) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1, "compact", 0.2));  // at most 50 kW
  ASSERT_TRUE(world.plug(2, "premium", 0.2));
  ASSERT_TRUE(world.on("start", 1));
  ASSERT_TRUE(world.on("start", 2));
  world.run_for(1min);
  const double one = world.triggered("meter", 1)["power_w"];
  const double two = world.triggered("meter", 2)["power_w"];
  EXPECT_NEAR(one, 50e3, 10);
  EXPECT_NEAR(two, 70e3, 10);
  EXPECT_LE(one + two, 120e3);
}

TEST(ChargingPile, SuspendsWhenThereIsNoPowerToGive) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.on("start", 1));
  ASSERT_TRUE(world.set("power_limit", number(0)));
  EXPECT_EQ(world.state("status"), "suspended_evse");
  EXPECT_EQ(world.state("power_w"), "0.000");
  ASSERT_TRUE(world.set("power_limit", number(0.5)));
  EXPECT_EQ(world.state("status"), "charging");
  EXPECT_NEAR(std::stod(world.state("power_w")), 60e3, 10);
  EXPECT_EQ(world.data("config_changed")["power_limit"], 0.5);
}

TEST(ChargingPile, IsSuspendedByAFullBatteryWhenThatEndsNoSession) {
  PileWorld world({{"stop_when_full", boolean(false)}});
  world.start();
  ASSERT_TRUE(world.plug(1, "sedan", 0.97));
  ASSERT_TRUE(world.on("start", 1));
  world.run_for(3h);
  EXPECT_EQ(world.state("status"), "suspended_ev");
  EXPECT_EQ(world.state("soc"), "100.0");
  ASSERT_TRUE(world.on("stop", 1));
  EXPECT_EQ(world.data("session_end")["reason"], "local");
}

TEST(ChargingPile, StopsAtTheStateOfChargeThatWasAskedFor) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1, "sedan", 0.2));
  ASSERT_TRUE(world.act("start", {{"connector", integer(1)}, {"soc", number(0.8)}}));
  ASSERT_TRUE(world.run_until([&] { return world.count("session_end") > 0; }, 3h));
  EXPECT_EQ(world.data("session_end")["reason"], "target_reached");
  EXPECT_EQ(world.data("session_end")["soc"], 80.0);
}

TEST(ChargingPile, ChargesOnOnePhaseWhenTheVehicleHasNoMore) {
  PileWorld world({{"kind", text("ac")}, {"rated_power", number(22e3)}, {"connector_current", number(32)}});
  world.start();
  ASSERT_TRUE(world.plug(1, "compact", 0.2));
  ASSERT_TRUE(world.on("start", 1));
  world.run_for(1min);
  const auto meter = world.triggered("meter", 1);
  EXPECT_EQ(meter["phases"], 1);
  EXPECT_NEAR(meter["power_w"].get<double>(), 7e3, 5);
  EXPECT_NEAR(meter["voltage_v"].get<double>(), 230, 1.2);
}

TEST(ChargingPile, EncodesEachReportInAnyState) {
  PileWorld world;
  world.start();
  for (int round = 0; round < 3; ++round) {
    for (const auto& report : world.type().description().reports) {
      const auto message = world.trigger(report.name);
      if (&report - world.type().description().reports.data() >= static_cast<std::ptrdiff_t>(kReportKinds)) {
        EXPECT_FALSE(message) << report.name << " is another dialect's";
        continue;
      }
      ASSERT_TRUE(message) << report.name;
      const auto tree = nlohmann::json::parse(*message);
      EXPECT_EQ(tree["ch"], report.per_channel ? 1 : 0) << report.name;
      EXPECT_EQ(tree["data"].size(), report.fields.size()) << report.name;
      for (const auto& field : report.fields) EXPECT_TRUE(tree["data"].contains(field.name)) << field.name;
    }
    if (round == 0) {
      ASSERT_TRUE(world.plug(1));
    } else if (round == 1) {
      ASSERT_TRUE(world.swipe(1));
    }
  }
  EXPECT_FALSE(world.trigger("meter", 3));
}

TEST(ChargingPile, SaysZerosInABillWithoutASession) {
  PileWorld world;
  world.start();
  const auto bill = world.triggered("session_end", 2);
  EXPECT_EQ(bill["session"], "");
  EXPECT_EQ(bill["energy_wh"], 0.0);
  EXPECT_EQ(bill["amount"], 0.0);
  EXPECT_EQ(bill["reason"], "none");
}

TEST(ChargingPile, OverridesFieldsOfATriggeredReport) {
  PileWorld world;
  world.start();
  const auto message = world.trigger("meter", 2, {{"power_w", "-5"}, {"extra", "x"}});
  ASSERT_TRUE(message);
  const auto tree = nlohmann::json::parse(*message);
  EXPECT_EQ(tree["data"]["power_w"], -5);
  EXPECT_EQ(tree["data"]["extra"], "x");
  EXPECT_EQ(world.triggered("meter", 2)["power_w"], 0.0);
}

TEST(ChargingPile, GrowsItsConnectorsWithTheNextBoot) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.set("connectors", integer(4)));
  EXPECT_FALSE(world.plug(4));
  world.receive(R"({"id":"x","type":"reboot"})");
  EXPECT_TRUE(world.rebooting());
  world.run_for(1min);
  EXPECT_TRUE(world.plug(4));
  EXPECT_EQ(world.data("login")["connectors"], 4);
}

TEST(ChargingPile, ServesVehiclesThatComeByThemselves) {
  PileWorld world({{"arrivals.per_day", number(24)}});
  world.start();
  world.run_for(24h * 7);
  EXPECT_GT(world.count("session_end"), 100u);
  EXPECT_LT(world.count("session_end"), 200u);
  EXPECT_NEAR(static_cast<double>(world.count("session_start")),
              static_cast<double>(world.count("session_end")), 2);
}

TEST(ChargingPile, SplitsABillAtTheHoursOfTheTariff) {
  // 16:00 local time: flat; peak from 17:00.
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1, "van", 0.05));
  world.run_for(50min);
  ASSERT_TRUE(world.on("start", 1));
  world.run_for(20min);
  ASSERT_TRUE(world.on("stop", 1));
  const auto periods = world.data("session_end")["periods"];
  EXPECT_NEAR(periods["flat"]["energy_wh"].get<double>(), 80e3 / 6, 30);
  EXPECT_NEAR(periods["peak"]["energy_wh"].get<double>(), 80e3 / 6, 30);
  EXPECT_EQ(periods["sharp"]["energy_wh"], 0.0);
}

class PlatformRequests : public ::testing::Test {
 protected:
  PlatformRequests() { world.start(); }
  int ask(const std::string& message) {
    world.receive(message);
    return world.data("answer")["code"];
  }
  PileWorld world;
};

TEST_F(PlatformRequests, AreAnsweredBeforeTheyAreDone) {
  ASSERT_TRUE(world.plug(1));
  world.forget();
  EXPECT_EQ(ask(R"({"id":"a-1","type":"remote_start","data":{"connector":1,"card":"42"}})"), 200);
  ASSERT_GE(world.messages().size(), 3u);
  EXPECT_EQ(world.messages()[0].report, "answer");
  EXPECT_EQ(PileWorld::parse(world.messages()[0])["id"], "a-1");
  EXPECT_EQ(world.data("session_start")["started_by"], "remote");
  EXPECT_EQ(ask(R"({"id":"a-2","type":"remote_start","data":{"connector":1}})"), 409);
  EXPECT_EQ(ask(R"({"id":"a-3","type":"remote_stop","data":{"connector":1}})"), 200);
  EXPECT_EQ(world.data("session_end")["reason"], "remote");
}

TEST_F(PlatformRequests, MayStartBeforeTheCableIsIn) {
  EXPECT_EQ(ask(R"({"id":"a","type":"remote_start","data":{"connector":2}})"), 202);
  ASSERT_TRUE(world.plug(2));
  EXPECT_EQ(world.state("connector2.status"), "charging");
}

TEST_F(PlatformRequests, ThatNobodyUnderstandsAreAnsweredToo) {
  for (const char* message : {"", "nonsense", "[]", "{}", "null", "\xff\xfe", R"({"id":1,"type":"reboot"})",
                              R"({"id":"x"})", R"({"id":"x","type":"reboot","data":[]})",
                              R"({"id":"x","type":"remote_start","data":{"connector":"one"}})",
                              R"({"id":"x","type":"remote_start","data":{"connector":1.5}})",
                              R"({"id":"x","type":"remote_start","data":{"connector":99999999999999999999}})",
                              R"({"id":"x","type":"remote_start","data":{"card":"123456789012345678901"}})",
                              R"({"id":"x","type":"clear_fault","data":{"code":"boredom"}})",
                              R"({"id":"x","type":"config_set","data":{}})"}) {
    world.forget();
    EXPECT_EQ(ask(message), 400) << message;
  }
  EXPECT_EQ(ask(R"({"id":"x","type":"dance"})"), 404);
  EXPECT_EQ(world.state("not_understood"), "16");
  EXPECT_EQ(ask(std::string(100'000, '[')), 400);
  EXPECT_EQ(ask(R"({"id":"x","type":"remote_stop","data":{"connector":7}})"), 400);
}

TEST_F(PlatformRequests, ChangeTheConfiguration) {
  EXPECT_EQ(ask(R"({"id":"c","type":"config_set","data":{"path":"reports.heartbeat.every","value":"2s"}})"),
            200);
  EXPECT_EQ(world.data("config_changed")["heartbeat_s"], 2.0);
  world.forget();
  world.run_for(10s);
  EXPECT_EQ(world.count("heartbeat"), 5u);
  EXPECT_EQ(ask(R"({"id":"c","type":"config_set","data":{"path":"no.such.key","value":1}})"), 400);
}

TEST_F(PlatformRequests, AskForStatusReportsUnlockAndAvailability) {
  world.forget();
  EXPECT_EQ(ask(R"({"id":"s","type":"get_status"})"), 200);
  EXPECT_EQ(world.count("status"), 2u);
  EXPECT_EQ(ask(R"({"id":"t","type":"trigger_report","data":{"report":"meter","connector":2}})"), 200);
  EXPECT_EQ(world.count("meter", 2), 1u);
  EXPECT_EQ(ask(R"({"id":"t","type":"trigger_report","data":{"report":"poem"}})"), 400);
  EXPECT_EQ(ask(R"({"id":"v","type":"set_availability","data":{"connector":2,"available":false}})"), 200);
  EXPECT_EQ(world.state("connector2.status"), "unavailable");
  EXPECT_EQ(ask(R"({"id":"v","type":"set_availability","data":{"connector":2,"available":true}})"), 200);
  ASSERT_TRUE(world.plug(2));
  ASSERT_TRUE(world.swipe(2));
  EXPECT_EQ(ask(R"({"id":"v","type":"set_availability","data":{"connector":2,"available":false}})"), 409);
  EXPECT_EQ(ask(R"({"id":"u","type":"unlock","data":{"connector":2}})"), 200);
  EXPECT_EQ(world.state("connector2.status"), "finishing");
  ASSERT_TRUE(world.fault("connector_lock_failure", 1));
  EXPECT_EQ(ask(R"({"id":"u","type":"unlock","data":{"connector":1}})"), 409);
  EXPECT_EQ(ask(R"({"id":"u","type":"clear_fault","data":{"connector":1}})"), 200);
  EXPECT_EQ(world.state("fault"), "none");
}

TEST_F(PlatformRequests, RebootEndsSessionsAndTakesItsTime) {
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1));
  world.run_for(1min);
  EXPECT_EQ(ask(R"({"id":"b","type":"reboot","data":{}})"), 200);
  EXPECT_EQ(world.data("session_end")["reason"], "reboot");
  EXPECT_TRUE(world.rebooting());
  EXPECT_FALSE(world.on("unplug", 1));
  world.run_for(16s);
  EXPECT_FALSE(world.rebooting());
  EXPECT_EQ(world.data("login")["uptime_s"], 0);
  EXPECT_EQ(world.state("connector1.status"), "finishing");
}

}  // namespace
}  // namespace vfleet::pile
