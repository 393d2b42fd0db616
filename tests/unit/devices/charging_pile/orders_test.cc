// What a platform orders of a station: reservations, limits and rates.
#include <cmath>
#include <limits>

#include "simulator/core/random.h"
#include "tests/unit/devices/charging_pile/station_world.h"

namespace vfleet::pile {
namespace {

using S = ConnectorStatus;
using Unit = PowerLimit::Unit;

PowerLimit watts(float value) {
  return {Unit::watts, 0, value};
}
PowerLimit amperes(float value, std::uint8_t phases = 0) {
  return {Unit::amperes, phases, value};
}

Reserved reserve(StationWorld& world, const Reservation& wish) {
  return world.station().reserve(world.turn(), wish);
}

TEST(Reservation, KeepsAConnectorForItsCard) {
  StationWorld world;
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(1, 5, "A")), Reserved::accepted);
  EXPECT_EQ(world.status(1), S::reserved);
  const Status other = world.start(1, "B");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().detail, "connector 1 is reserved for another card");
  ASSERT_TRUE(world.start(1, "A"));
  EXPECT_EQ(world.status(1), S::preparing);
  ASSERT_TRUE(world.plug(1));
  EXPECT_EQ(world.status(1), S::charging);
  EXPECT_TRUE(world.station().reservations().empty()) << "it is used";
  EXPECT_TRUE(world.station().connector(1).visit->reserved);
  EXPECT_EQ(world.station().connector(1).visit->reservation, 5);
  ASSERT_TRUE(world.stop(1));
  ASSERT_TRUE(world.unplug(1));
  EXPECT_EQ(world.status(1), S::available);
}

TEST(Reservation, IsForEveryCardOfItsParent) {
  StationWorld world;
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(1, 5, "A", 10min, "FAMILY")), Reserved::accepted);
  EXPECT_FALSE(world.start(1, "B", "OTHERS"));
  EXPECT_TRUE(world.start(1, "B", "FAMILY"));
}

TEST(Reservation, IsOverWhenItsTimeIs) {
  StationWorld world;
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(1, 5, "A", 10min)), Reserved::accepted);
  ASSERT_EQ(reserve(world, world.reservation(2, 6, "A", 20min)), Reserved::accepted);
  ASSERT_TRUE(world.plug(2));
  EXPECT_EQ(world.status(2), S::reserved) << "the cable alone does not use it";
  world.run_for(10min - 1s);
  EXPECT_EQ(world.status(1), S::reserved);
  world.run_for(1s);
  EXPECT_EQ(world.status(1), S::available);
  world.run_for(10min);
  EXPECT_EQ(world.status(2), S::preparing);
  EXPECT_TRUE(world.station().reservations().empty());
}

TEST(Reservation, IsKeptWhenItsAuthorisationWaitsInVainForTheCable) {
  StationWorld world({{"connect_timeout", value(Duration(1min))}});
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(1, 5, "A")), Reserved::accepted);
  ASSERT_TRUE(world.start(1, "A"));
  world.run_for(2min);
  EXPECT_EQ(world.status(1), S::reserved);
  world.run_for(9min);
  EXPECT_EQ(world.status(1), S::available);
}

TEST(Reservation, OfTheSameNumberIsReplaced) {
  StationWorld world;
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(1, 5, "A")), Reserved::accepted);
  ASSERT_EQ(reserve(world, world.reservation(2, 5, "B")), Reserved::accepted);
  EXPECT_EQ(world.status(1), S::available);
  EXPECT_EQ(world.status(2), S::reserved);
  ASSERT_EQ(reserve(world, world.reservation(2, 5, "C", 1h)), Reserved::accepted);
  ASSERT_EQ(world.station().reservations().size(), 1U);
  EXPECT_FALSE(world.start(2, "B"));
  EXPECT_TRUE(world.start(2, "C"));
}

TEST(Reservation, IsCancelledByItsNumber) {
  StationWorld world;
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(1, 5, "A")), Reserved::accepted);
  EXPECT_FALSE(world.station().cancel(world.turn(), 6));
  EXPECT_EQ(world.status(1), S::reserved);
  ASSERT_TRUE(world.station().cancel(world.turn(), 5));
  EXPECT_EQ(world.status(1), S::available);
  EXPECT_FALSE(world.station().cancel(world.turn(), 5));
}

TEST(Reservation, IsRefusedWithTheReason) {
  StationWorld world({{"connectors", value(4)}});
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.station().set_available(world.turn(), 2, false));
  ASSERT_TRUE(world.station().raise(world.turn(), 3, FaultCode::ground_fault));
  EXPECT_EQ(reserve(world, world.reservation(1, 1, "A")), Reserved::occupied);
  EXPECT_EQ(reserve(world, world.reservation(2, 1, "A")), Reserved::unavailable);
  EXPECT_EQ(reserve(world, world.reservation(3, 1, "A")), Reserved::faulted);
  EXPECT_EQ(reserve(world, world.reservation(5, 1, "A")), Reserved::rejected);
  EXPECT_EQ(reserve(world, world.reservation(-1, 1, "A")), Reserved::rejected);
  EXPECT_EQ(reserve(world, world.reservation(4, 1, "")), Reserved::rejected);
  EXPECT_EQ(reserve(world, world.reservation(4, 1, "A", 0s)), Reserved::rejected);
  EXPECT_TRUE(world.station().reservations().empty());
  ASSERT_EQ(reserve(world, world.reservation(0, 1, "A")), Reserved::accepted);
  EXPECT_EQ(reserve(world, world.reservation(0, 2, "A")), Reserved::occupied) << "one is free, and kept";
  EXPECT_EQ(reserve(world, world.reservation(4, 2, "A")), Reserved::occupied);
}

TEST(Reservation, OfNoConnectorKeepsOneFree) {
  StationWorld world;
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(0, 5, "A")), Reserved::accepted);
  EXPECT_EQ(world.status(1), S::available);
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1, "B"));
  ASSERT_TRUE(world.plug(2));
  const Status refused = world.start(2, "B");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("is kept free"), std::string::npos) << refused.error().detail;
  ASSERT_TRUE(world.start(2, "A"));
  EXPECT_TRUE(world.station().reservations().empty());
  EXPECT_EQ(world.station().connector(2).visit->reservation, 5);
}

TEST(Reservation, OfNoConnectorSendsVehiclesThatComeByThemselvesAway) {
  StationWorld world({{"connectors", value(1)}, {"arrivals.per_day", value(240.0)}});
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(0, 5, "A", 6h)), Reserved::accepted);
  world.run_for(6h - 1s);
  EXPECT_TRUE(world.events.empty());
  world.run_for(3h);
  EXPECT_GT(world.count("start 1"), 0U);
}

TEST(Reservation, OutlivesFaultsRebootsAndTheWorker) {
  StationWorld world;
  world.boot();
  ASSERT_EQ(reserve(world, world.reservation(1, 5, "A", 1h, "FAMILY")), Reserved::accepted);
  ASSERT_TRUE(world.station().raise(world.turn(), 1, FaultCode::ground_fault));
  EXPECT_EQ(world.status(1), S::faulted);
  ASSERT_TRUE(world.die());
  world.boot();
  ASSERT_TRUE(world.station().clear(world.turn(), 1, std::nullopt));
  EXPECT_EQ(world.status(1), S::reserved);
  ASSERT_TRUE(world.die());
  ASSERT_EQ(world.station().reservations().size(), 1U);
  EXPECT_EQ(world.station().reservations()[0].parent.view(), "FAMILY");
  EXPECT_FALSE(world.start(1, "B"));
  world.run_for(1h);
  EXPECT_EQ(world.status(1), S::available);
}

// ---- limits ----

TEST(PowerLimits, ChangeWhatIsDrawnAtOnceAndGoAgain) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  world.run_for(1min);
  const double free_w = world.power_w(1);
  EXPECT_GT(free_w, 90e3);
  ASSERT_TRUE(world.station().limit(world.turn(), 1, watts(10'000)));
  EXPECT_LE(world.power_w(1), 10'000);
  EXPECT_GT(world.power_w(1), 9'990);
  EXPECT_EQ(world.station().offered_w(1, world.settings()), 10'000);
  const EnergyTenths before = world.station().energy(1, world.now());
  world.run_for(1h);
  EXPECT_NEAR(static_cast<double>(world.station().energy(1, world.now()) - before) / 10, 10'000, 10);
  ASSERT_TRUE(world.station().limit(world.turn(), 1, {}));
  EXPECT_GT(world.power_w(1), 90e3);
  EXPECT_EQ(world.station().power_limit(1), PowerLimit{});
}

TEST(PowerLimits, OfNothingSuspendTheSession) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  ASSERT_TRUE(world.station().limit(world.turn(), 1, amperes(0)));
  EXPECT_EQ(world.status(1), S::suspended_evse);
  EXPECT_EQ(world.power_w(1), 0);
  ASSERT_TRUE(world.station().limit(world.turn(), 1, watts(500)));
  EXPECT_EQ(world.status(1), S::suspended_evse) << "less than min_power";
  ASSERT_TRUE(world.station().limit(world.turn(), 1, watts(5'000)));
  EXPECT_EQ(world.status(1), S::charging);
  EXPECT_EQ(world.told("status 1 "),
            (std::vector<std::string>{"preparing", "charging", "suspended_evse", "charging"}));
}

TEST(PowerLimits, InAmperesHoldForThePacksCurrentOfADcConnector) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  ASSERT_TRUE(world.station().limit(world.turn(), 1, amperes(50)));
  EXPECT_LE(world.station().connector(1).meter.current_ca(), 5000);
  EXPECT_GE(world.station().connector(1).meter.current_ca(), 4999);
}

config::Values ac() {
  return {{"kind", value("ac")},
          {"rated_power", value(44e3)},
          {"connector_power", value(22e3)},
          {"connector_current", value(32.0)},
          {"voltage_ripple", value(0.0)}};
}

TEST(PowerLimits, InAmperesHoldForEachPhaseOfAnAcConnector) {
  StationWorld world(ac());
  world.boot();
  ASSERT_TRUE(world.plug(1));  // 11 kW on three phases
  ASSERT_TRUE(world.start(1));
  EXPECT_NEAR(world.power_w(1), 11'000, 10);
  ASSERT_TRUE(world.station().limit(world.turn(), 1, amperes(10)));
  EXPECT_EQ(world.station().connector(1).meter.current_ca(), 1000);
  EXPECT_NEAR(world.power_w(1), 230 * 10 * 3, 1);
  EXPECT_NEAR(world.station().offered_w(1, world.settings()), 230 * 10 * 3, 1e-6);
  ASSERT_TRUE(world.station().limit(world.turn(), 1, amperes(10, 1)));
  EXPECT_EQ(world.station().connector(1).meter.phases(), 1);
  EXPECT_NEAR(world.power_w(1), 230 * 10, 1);
  ASSERT_TRUE(world.station().limit(world.turn(), 1, amperes(32, 1)));
  EXPECT_NEAR(world.power_w(1), 11'000 / 3.0, 10) << "its charger gives a third on each phase";
}

TEST(PowerLimits, OfTheStationAreSharedByItsConnectors) {
  StationWorld world(ac());
  world.boot();
  for (int n = 1; n <= 2; ++n) {
    ASSERT_TRUE(world.plug(n));
    ASSERT_TRUE(world.start(n));
  }
  ASSERT_TRUE(world.station().limit(world.turn(), 0, watts(12'000)));
  EXPECT_NEAR(world.power_w(1), 6'000, 10);
  EXPECT_NEAR(world.power_w(2), 6'000, 10);
  ASSERT_TRUE(world.station().limit(world.turn(), 1, watts(2'000)));
  EXPECT_NEAR(world.power_w(1), 2'000, 10);
  EXPECT_NEAR(world.power_w(2), 10'000, 10);
  ASSERT_TRUE(world.station().limit(world.turn(), 0, amperes(16)));
  EXPECT_LE(world.station().connector(1).meter.current_ca() + world.station().connector(2).meter.current_ca(),
            1600);
  EXPECT_NEAR(world.station().power_w(), 230 * 3 * 16, 20);
}

TEST(PowerLimits, OutliveSessionsRebootsAndTheWorker) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.station().limit(world.turn(), 0, watts(40'000)));
  ASSERT_TRUE(world.station().limit(world.turn(), 2, amperes(16, 1)));
  world.boot();
  ASSERT_TRUE(world.die());
  EXPECT_EQ(world.station().power_limit(0), watts(40'000));
  EXPECT_EQ(world.station().power_limit(1), PowerLimit{});
  EXPECT_EQ(world.station().power_limit(2), amperes(16, 1));
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  EXPECT_NEAR(world.power_w(1), 40'000, 10);
}

TEST(PowerLimits, AreRefusedWhenTheyAreNone) {
  StationWorld world;
  world.boot();
  EXPECT_FALSE(world.station().limit(world.turn(), 3, watts(1000)));
  EXPECT_FALSE(world.station().limit(world.turn(), 1, watts(-1)));
  EXPECT_FALSE(world.station().limit(world.turn(), 1, watts(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_FALSE(world.station().limit(world.turn(), 1, amperes(10, 4)));
  EXPECT_EQ(world.station().power_limit(1), PowerLimit{});
}

TEST(PowerLimitsForAllSeeds, AreNeverExceeded) {
  int drew = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    config::Values values = seed % 2 == 0 ? ac() : config::Values{};
    values.insert_or_assign("connectors", value(3));
    values.insert_or_assign("arrivals.per_day", value(60.0));
    values.insert_or_assign("voltage_ripple", value(0.02));
    StationWorld world(values, seed);
    world.boot();
    Random random(seed, 1, "limits");
    for (int i = 0; i < 200; ++i) {
      world.run_for(std::chrono::seconds(1 + static_cast<int>(random.below(600))));
      const int n = static_cast<int>(random.below(4));
      const auto phases = static_cast<std::uint8_t>(random.below(4));
      const double scale = seed % 2 == 0 ? 1 : 8;
      PowerLimit limit = random.chance(0.5)
                             ? amperes(static_cast<float>(random.uniform(0, 40 * scale)), phases)
                             : watts(static_cast<float>(random.uniform(0, 20e3 * scale)));
      if (random.chance(0.2)) limit = {};
      ASSERT_TRUE(world.station().limit(world.turn(), n, limit));
      double amperes_in_all = 0;
      for (int c = 1; c <= 3; ++c) {
        const Meter& meter = world.station().connector(c).meter;
        const PowerLimit own = world.station().power_limit(c);
        ASSERT_LE(meter.power_w(), own.watts()) << "seed " << seed;
        ASSERT_LE(meter.current_ca() / 100.0, own.amperes()) << "seed " << seed;
        if (own.phases > 0 && meter.current_ca() > 0 && seed % 2 == 0) {
          ASSERT_LE(meter.phases(), own.phases);
        }
        amperes_in_all += meter.current_ca() / 100.0;
        drew += meter.current_ca() > 0;
      }
      const PowerLimit all = world.station().power_limit(0);
      ASSERT_LE(world.station().power_w(), all.watts()) << "seed " << seed;
      if (seed % 2 == 0) {
        ASSERT_LE(amperes_in_all, all.amperes() + 1e-9) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(drew, 4000);
}

}  // namespace
}  // namespace vfleet::pile
