// What a vehicle's battery tells: in itself consistent, and in agreement with the meter.
#include <cmath>
#include <set>

#include "devices/charging_pile/model/battery.h"
#include "tests/unit/devices/charging_pile/station_world.h"

namespace vfleet::pile {
namespace {

TEST(Vin, HasItsCheckDigitAndItsYear) {
  std::set<std::string> different;
  for (std::uint64_t key = 1; key <= 2000; ++key) {
    const Vin vin(key, 2016 + static_cast<int>(key % 9));
    ASSERT_TRUE(is_vin(vin.view())) << vin.view();
    ASSERT_EQ(vin.view()[9], "GHJKLMNPR"[key % 9]) << vin.view();
    different.emplace(vin.view());
  }
  EXPECT_EQ(different.size(), 2000U);
  EXPECT_EQ(Vin(7, 2020).view(), Vin(7, 2020).view());
  EXPECT_TRUE(is_vin("1M8GDM9AXKP042788"));  // 49 CFR 565's own kind: the check digit is X
  EXPECT_TRUE(is_vin("11111111111111111"));
  EXPECT_FALSE(is_vin("1M8GDM9A1KP042788"));
  EXPECT_FALSE(is_vin("1M8GDM9AXKP04278"));
  EXPECT_FALSE(is_vin("1M8GDM9AXKPO42788")) << "the letter O";
}

TEST(Battery, IsMadeOfCellsOfItsChemistry) {
  StationWorld world;
  world.boot();
  EXPECT_FALSE(world.station().battery(1, world.now(), world.settings()));
  ASSERT_TRUE(world.plug(1, "compact", 0.5));
  const auto battery = world.station().battery(1, world.now(), world.settings());
  ASSERT_TRUE(battery);
  EXPECT_EQ(battery->chemistry, Chemistry::lfp);
  EXPECT_EQ(battery->rated_voltage_v, 350);
  EXPECT_EQ(battery->cells, 109);  // 350 V / 3.2 V
  EXPECT_EQ(battery->energy_kwh, 42);
  EXPECT_NEAR(battery->capacity_ah, 120, 1e-9);
  EXPECT_EQ(battery->soc, 0.5);
  EXPECT_NEAR(battery->voltage_v, 350, 1e-9) << "half full it shows what it is rated at";
  EXPECT_EQ(battery->current_a, 0);
  EXPECT_EQ(battery->remaining_min, 0);
  EXPECT_GT(battery->demand_current_a, 0);
}

TEST(Battery, StaysTheSameThroughItsStayAndAfterTheWorker) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1));
  const auto before = world.station().battery(1, world.now(), world.settings());
  ASSERT_TRUE(world.start(1));
  world.run_for(20min);
  ASSERT_TRUE(world.die());
  const auto after = world.station().battery(1, world.now(), world.settings());
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->vin.view(), before->vin.view());
  EXPECT_EQ(after->serial, before->serial);
  EXPECT_EQ(after->charge_count, before->charge_count);
  EXPECT_EQ(after->cell_max_number, before->cell_max_number);
  EXPECT_GT(after->soc, before->soc);
  ASSERT_TRUE(world.unplug(1));
  ASSERT_TRUE(world.plug(1));
  EXPECT_NE(world.station().battery(1, world.now(), world.settings())->vin.view(), before->vin.view());
}

// Of the register and its first level alone: what its battery must hold.
double expected_soc(StationWorld& world, double first_soc, EnergyTenths first) {
  const double delivered = static_cast<double>(world.station().energy(1, world.now()) - first) / 10;
  return first_soc + delivered * world.settings().supply.efficiency /
                         static_cast<double>(world.station().connector(1).visit->vehicle.battery_wh);
}

TEST(BatteryForAllSeeds, AgreesWithTheMeterAndTheSession) {
  int looks = 0;
  int full = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const bool ac = seed % 4 == 0;
    StationWorld world({{"kind", value(ac ? "ac" : "dc")},
                        {"rated_power", value(ac ? 22e3 : 120e3)},
                        {"connector_current", value(ac ? 32.0 : 250.0)}},
                       seed);
    world.boot();
    Random random(seed, 1, "look");
    const double first_soc = random.uniform(0.05, 0.9);
    ASSERT_TRUE(world.plug(1, "", first_soc));
    const EnergyTenths first = world.station().energy(1, world.now());
    ASSERT_TRUE(world.start(1));
    double last_soc = 0;
    while (world.station().connector(1).active()) {
      const Connector& it = world.station().connector(1);
      const auto battery = world.station().battery(1, world.now(), world.settings());
      ASSERT_TRUE(battery);
      const Meter& meter = it.meter;
      // Power is voltage x current x phases, and the battery's own figures are the meter's where it is DC.
      ASSERT_EQ(meter.power_mw(), std::int64_t{meter.voltage_dv()} * meter.current_ca() * meter.phases());
      if (ac) {
        ASSERT_NEAR(battery->current_a * battery->voltage_v,
                    meter.power_w() * world.settings().supply.efficiency, meter.power_w() * 0.01);
      } else {
        ASSERT_EQ(battery->voltage_v, meter.voltage_dv() / 10.0);
        ASSERT_EQ(battery->current_a, meter.current_ca() / 100.0);
      }
      ASSERT_NEAR(battery->soc, expected_soc(world, first_soc, first), 1e-4);
      ASSERT_GE(battery->soc, last_soc);
      last_soc = battery->soc;
      // Its cells add up to the pack.
      ASSERT_NEAR((battery->cell_max_v + battery->cell_min_v) / 2 * battery->cells, battery->voltage_v, 1e-6);
      ASSERT_GT(battery->cell_max_v, battery->cell_min_v);
      ASSERT_LE(battery->cell_max_v, battery->cell_voltage_max_v);
      ASSERT_NE(battery->cell_max_number, battery->cell_min_number);
      ASSERT_LE(battery->cell_max_number, battery->cells);
      ASSERT_GE(battery->cell_min_number, 1);
      // It asks for no more than it stands, and gets what it asked for at the last step, at most 10 s ago.
      ASSERT_LE(battery->voltage_v, battery->voltage_max_v);
      ASSERT_LE(battery->demand_voltage_v, battery->voltage_max_v);
      ASSERT_LE(battery->demand_current_a, battery->current_max_a);
      if (!ac) {
        ASSERT_LE(battery->current_a, battery->demand_current_a * 1.04 + 0.1);
      }
      ASSERT_GE(battery->hottest_c, battery->coldest_c);
      ASSERT_LE(battery->hottest_c, battery->temperature_max_c);
      ASSERT_NE(battery->hottest_sensor, battery->coldest_sensor);
      ++looks;
      world.run_for(std::chrono::seconds(1 + static_cast<int>(random.below(900))));
    }
    full += world.told("end 1 ") == std::vector<std::string>{"battery_full"};
    ASSERT_NEAR(world.station().soc(1, world.now(), world.settings()), 1, 1e-6);
  }
  EXPECT_EQ(full, 60);
  EXPECT_GT(looks, 500);
}

TEST(Battery, KnowsHowLongItStillTakes) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1, "sedan", 0.3));
  ASSERT_TRUE(world.start(1));
  world.run_for(1min);
  const int remaining = world.station().battery(1, world.now(), world.settings())->remaining_min;
  const TimePoint asked = world.now();
  ASSERT_TRUE(world.run_until([&] { return !world.station().connector(1).active(); }, 12h));
  EXPECT_NEAR(to_seconds(world.now() - asked) / 60, remaining, remaining * 0.1);
}

TEST(Battery, IsHeldAtItsVoltageAboveItsTaper) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1, "sedan", 0.5));
  EXPECT_EQ(world.station().battery(1, world.now(), world.settings())->mode, ChargeMode::constant_current);
  ASSERT_TRUE(world.plug(2, "sedan", 0.9));
  const auto high = world.station().battery(2, world.now(), world.settings());
  EXPECT_EQ(high->mode, ChargeMode::constant_voltage);
  EXPECT_LT(high->demand_current_a,
            world.station().battery(1, world.now(), world.settings())->demand_current_a);
}

}  // namespace
}  // namespace vfleet::pile
