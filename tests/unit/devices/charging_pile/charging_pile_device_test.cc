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

}  // namespace
}  // namespace vfleet::pile
