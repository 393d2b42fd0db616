// What a gun tells by itself.
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

TEST(YkcRealtime, AnIdleGunTellsEveryFiveMinutesAndAChargingOneEveryFifteenSeconds) {
  YkcWorld world;
  world.log_in();
  world.forget_frames();
  world.run(10min);
  EXPECT_EQ(world.said(0x13), 4U) << "two guns, twice";
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.forget_frames();
  world.run(60s);
  EXPECT_EQ(world.said(0x13), 4U);
  EXPECT_EQ(world.said(0x23), 4U);
  EXPECT_EQ(world.said(0x25), 4U);
  EXPECT_EQ(world.newest(0x13).text("state"), "charging");
  EXPECT_EQ(world.verdict_of(0x13), "acked") << "nobody answers it: it has left";
}

TEST(YkcRealtime, TellsChangesAtOnce) {
  YkcWorld world;
  world.log_in();
  world.run(1s);
  world.forget_frames();
  ASSERT_TRUE(world.plug(2));
  world.run(0s);
  EXPECT_EQ(world.newest(0x13, 2).text("plugged"), "yes");
  EXPECT_EQ(world.newest(0x13, 2).text("holder"), "no");
  ASSERT_TRUE(world.fault("emergency_stop", 0));
  world.run(0s);
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "fault");
  EXPECT_EQ(world.newest(0x13, 1).text("hardware_faults"), "emergency_stop");
  ASSERT_TRUE(world.clear());
  ASSERT_TRUE(world.on("disable", 1));
  world.run(0s);
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "offline");
}

TEST(YkcRealtime, AnswersTheQuestionForItWithTheQuestionsSequence) {
  YkcWorld world;
  world.log_in();
  world.forget_frames();
  world.platform(0x12, {{"pile", YkcWorld::kPile}, {"gun", "2"}}, 4711);
  world.run(0s);
  EXPECT_EQ(world.newest(0x13, 2).sequence, 4711);
  EXPECT_EQ(world.newest(0x13, 2).channel, 2);
  world.forget_frames();
  world.platform(0x12, {{"pile", YkcWorld::kPile}, {"gun", "7"}});
  world.run(0s);
  EXPECT_EQ(world.frames().size(), 0U);
  EXPECT_EQ(world.state("ykc_not_understood"), "1");
}

TEST(YkcRealtime, AnIdleGunMeasuresNothingAndHasNoOrder) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.run(0s);
  const SentFrame& frame = world.newest(0x13, 1);
  EXPECT_EQ(frame.text("order"), std::string(32, '0'));
  for (const char* zero :
       {"voltage", "current", "soc", "charging_minutes", "remaining_minutes", "energy", "cost"}) {
    EXPECT_EQ(frame.number(zero), 0) << zero;
  }
  EXPECT_EQ(frame.text("battery_temperature"), "-50") << "zero on the wire";
}

TEST(YkcRealtime, ADcChargeTellsWhatTheVehicleSaidFromItsBeginToItsEnd) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.5));
  world.start_remotely();
  EXPECT_EQ(world.said(0x15), 1U);
  EXPECT_EQ(world.said(0x17), 1U);
  const std::string vin = world.newest(0x15).text("vin");
  EXPECT_EQ(vin.size(), 17U);
  EXPECT_EQ(world.newest(0x15).text("order"), YkcWorld::kOrder);
  EXPECT_EQ(world.newest(0x15).body.size(), 73U);
  EXPECT_EQ(world.newest(0x17).body.size(), 45U);
  world.run(5min);
  const SentFrame& demand = world.newest(0x23);
  EXPECT_EQ(demand.body.size(), 44U);
  EXPECT_GE(demand.number("demand_current"), demand.number("measured_current"));
  EXPECT_EQ(demand.text("mode"), "constant_current");
  EXPECT_EQ(world.newest(0x25).text("charging_allowed"), "allowed");
  world.stop_remotely();
  EXPECT_EQ(world.said(0x19), 1U);
  EXPECT_EQ(world.newest(0x21).text("manual_stop"), "yes");
  EXPECT_EQ(world.said(0x1D), 0U);
  EXPECT_GT(world.newest(0x19).number("energy"), 0);
  EXPECT_EQ(world.newest(0x19).number("charging_minutes"), 5);
  EXPECT_EQ(world.newest(0x19).number("charger_number"), 1) << "the last eight digits of the pile's number";
  world.run(2s);
  EXPECT_EQ(world.newest(0x3B).text("vin"), vin);
  world.forget_frames();
  world.run(2min);
  EXPECT_EQ(world.said(0x23), 0U) << "only while it charges";
}

TEST(YkcRealtime, AFullBatteryIsTheVehiclesOwnEnd) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.95));
  world.start_remotely();
  ASSERT_TRUE(world.run_till([&] { return world.said(0x3B) > 0; }, 2h));
  EXPECT_EQ(world.newest(0x1D).text("soc_reached"), "yes");
  EXPECT_EQ(world.newest(0x19).number("soc"), 100);
  EXPECT_EQ(world.newest(0x3B).text("stop_reason"), "soc_full");
}

TEST(YkcRealtime, AVehicleThatDoesNotAnswerIsTold) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  ASSERT_TRUE(world.fault("ev_communication_error", 1));
  world.run(0s);
  EXPECT_EQ(world.newest(0x1B).text("battery_state"), "timed_out");
}

TEST(YkcRealtime, AnAcChargeHasNoBatteryToTellOf) {
  YkcWorld world({{"kind", text("ac")}});
  world.log_in();
  EXPECT_EQ(world.newest(0x01).text("pile_type"), "ac");
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(5min);
  for (const std::uint8_t type : {0x15, 0x17, 0x19, 0x1D, 0x21, 0x23, 0x25}) EXPECT_EQ(world.said(type), 0U);
  const SentFrame& frame = world.newest(0x13, 1);
  EXPECT_GT(frame.number("energy"), 0);
  EXPECT_EQ(frame.number("soc"), 0);
  EXPECT_EQ(frame.number("remaining_minutes"), 0);
}

TEST(YkcRealtime, NeverSaysIdleWhileItCharges) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.2));
  world.start_remotely();
  world.forget_frames();
  world.run(20min);
  for (const SentFrame* each : world.all(0x13)) {
    if (each->number("gun") != 1) continue;
    EXPECT_EQ(each->text("state"), "charging");
  }
}

TEST(YkcRealtime, KeepsTheNewestOfASessionWhileItIsOffline) {
  YkcWorld world({{"ykc.offline_realtime_max", integer(3)}});
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.2));
  world.start_remotely();
  world.run(10s);
  world.disconnect();
  world.forget_frames();
  world.run(5min);
  EXPECT_EQ(world.frames().size(), 0U);
  EXPECT_GT(world.forgone, 15U);
  world.connect();
  world.run(0s);
  const auto told = world.all(0x13);
  ASSERT_EQ(told.size(), 5U) << "three that were kept, and each gun as it is now";
  EXPECT_LT(told[0]->number("energy"), told[1]->number("energy"));
  EXPECT_LT(told[1]->number("energy"), told[2]->number("energy"));
  EXPECT_LE(told[2]->number("energy"), world.newest(0x13, 1).number("energy"));
  EXPECT_LT(told[0]->due, told[0]->at) << "it is late from when it was due";
  EXPECT_EQ(told[0]->text("order"), YkcWorld::kOrder);
}

}  // namespace
}  // namespace vfleet::pile::ykc
