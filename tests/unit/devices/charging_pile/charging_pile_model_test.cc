#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <set>

#include "devices/charging_pile/model/arrivals.h"
#include "devices/charging_pile/model/faults.h"
#include "devices/charging_pile/model/metering.h"
#include "devices/charging_pile/model/power_sharing.h"
#include "devices/charging_pile/model/session.h"
#include "devices/charging_pile/model/settings.h"
#include "devices/charging_pile/model/status.h"
#include "devices/charging_pile/model/tariff.h"
#include "devices/charging_pile/model/thermal.h"
#include "devices/charging_pile/model/vehicle.h"
#include "simulator/core/clock.h"

namespace vfleet::pile {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = ManualClock().now();
const WallTime kEight = ManualClock().wall_now();  // 08:00 UTC

TEST(ConnectorStatusTable, HasEachStepOnce) {
  std::set<std::pair<int, int>> seen;
  for (const StatusRow& row : status_table()) {
    EXPECT_TRUE(seen.insert({static_cast<int>(row.state), static_cast<int>(row.event)}).second)
        << to_string(row.state) << " " << to_string(row.event);
    EXPECT_EQ(step(row.state, row.event), row.next);
  }
}

TEST(ConnectorStatusTable, RefusesWhatIsNotInIt) {
  EXPECT_FALSE(step(ConnectorStatus::available, ConnectorEvent::unplug));
  EXPECT_FALSE(step(ConnectorStatus::available, ConnectorEvent::start));
  EXPECT_FALSE(step(ConnectorStatus::faulted, ConnectorEvent::start));
  EXPECT_FALSE(step(ConnectorStatus::finishing, ConnectorEvent::stop));
}

TEST(ConnectorStatusTable, ReachesAFaultFromEveryStatusAndLeavesIt) {
  for (int i = 0; i <= static_cast<int>(ConnectorStatus::unavailable); ++i) {
    EXPECT_EQ(step(static_cast<ConnectorStatus>(i), ConnectorEvent::fault), ConnectorStatus::faulted);
  }
  EXPECT_EQ(step(ConnectorStatus::faulted, ConnectorEvent::restore_plugged), ConnectorStatus::finishing);
  EXPECT_EQ(step(ConnectorStatus::faulted, ConnectorEvent::restore_free), ConnectorStatus::available);
}

TEST(FaultSet, HoldsEachCodeByItself) {
  FaultSet faults;
  EXPECT_TRUE(faults.raise(FaultCode::door_open));
  EXPECT_FALSE(faults.raise(FaultCode::door_open));
  EXPECT_TRUE(faults.raise(FaultCode::over_current));
  EXPECT_EQ(faults.first(), FaultCode::over_current);
  EXPECT_TRUE(faults.clear(FaultCode::over_current));
  EXPECT_EQ(faults.first(), FaultCode::door_open);
  EXPECT_TRUE(faults.clear(FaultCode::door_open));
  EXPECT_FALSE(faults.any());
}

TEST(FaultCodes, AreReadBackFromTheirWords) {
  for (int i = 0; i < kFaultCodes; ++i) {
    const auto code = static_cast<FaultCode>(i);
    EXPECT_EQ(fault_from(to_string(code)), code);
  }
  EXPECT_FALSE(fault_from("all"));
  EXPECT_FALSE(fault_from(""));
}

TEST(Meter, GivesNoMoreThanGrantedAndKeepsPowerEqualToVoltageTimesCurrent) {
  Random random(1, 2, "meter");
  for (int i = 0; i < 10'000; ++i) {
    const double granted = random.uniform(0, 400e3);
    const int phases = random.chance(0.5) ? 1 : 3;
    Meter meter;
    meter.set(random.uniform(200, 1000), granted, phases, 600);
    EXPECT_EQ(meter.power_mw(), std::int64_t{meter.voltage_dv()} * meter.current_ca() * phases);
    EXPECT_LE(meter.power_w(), granted);
    EXPECT_LE(meter.current_ca(), 60'000);
  }
}

TEST(Meter, AddsPowerTimesTimeToItsRegister) {
  Meter meter;
  meter.set(400, 100e3, 1, 600);
  EXPECT_EQ(meter.power_mw(), 100'000'000);
  EXPECT_EQ(meter.register_tenths(36s), 10'000);  // 100 kW for 36 s is 1 kWh
  EXPECT_EQ(meter.register_tenths(0s), 0);
  meter.commit(36s);
  EXPECT_EQ(meter.register_tenths(0s), 10'000);
  meter.rest(0, 1);
  EXPECT_EQ(meter.register_tenths(1h), 10'000);
  EXPECT_EQ(meter.power_mw(), 0);
}

TEST(Meter, LosesNothingThatCountsWhenItsStepsAreSmall) {
  Meter whole;
  Meter parts;
  whole.set(412.3, 87e3, 1, 600);
  parts.set(412.3, 87e3, 1, 600);
  whole.commit(10s);
  for (int i = 0; i < 1000; ++i) parts.commit(10ms);
  EXPECT_NEAR(static_cast<double>(whole.register_uwh(0s)), static_cast<double>(parts.register_uwh(0s)), 1000);
  EXPECT_GE(whole.register_uwh(0s), parts.register_uwh(0s));
}

TEST(PowerSharing, GivesEverybodyWhatTheyAskWhenThereIsEnough) {
  std::array<double, 3> demand{10, 20, 30};
  share_power(60, demand);
  EXPECT_EQ(demand, (std::array<double, 3>{10, 20, 30}));
}

TEST(PowerSharing, SharesWhatOneCannotUseAmongTheOthers) {
  std::array<double, 3> demand{10, 200, 300};
  share_power(130, demand);
  EXPECT_EQ(demand, (std::array<double, 3>{10, 60, 60}));
}

TEST(PowerSharing, NeverHandsOutMoreThanThereIsNorMoreThanIsAsked) {
  Random random(3, 4, "sharing");
  for (int i = 0; i < 10'000; ++i) {
    std::vector<double> demand(1 + random.below(16));
    for (double& each : demand) each = random.uniform(0, 200e3);
    const std::vector<double> asked = demand;
    const double available = random.uniform(0, 500e3);
    share_power(available, demand);
    const double asked_sum = std::accumulate(asked.begin(), asked.end(), 0.0);
    const double given_sum = std::accumulate(demand.begin(), demand.end(), 0.0);
    EXPECT_NEAR(given_sum, std::min(asked_sum, available), 1e-3);
    for (std::size_t k = 0; k < demand.size(); ++k) EXPECT_LE(demand[k], asked[k] + 1e-9);
  }
}

TEST(PowerSharing, GivesNothingOfNothing) {
  std::array<double, 2> demand{10, 20};
  share_power(0, demand);
  EXPECT_EQ(demand, (std::array<double, 2>{0, 0}));
}

constexpr ThermalConfig kThermal{
    .ambient_c = 20, .rise_c = 40, .time_constant = 20min, .derate_at_c = 50, .fault_at_c = 70};

TEST(Thermal, WarmsTowardsItsTargetBySixtyThreePercentInATimeConstant) {
  Thermal thermal;
  thermal.reset(kStart, kThermal);
  thermal.set_load(kStart, 1, kThermal, kThermal);
  EXPECT_NEAR(thermal.temperature_c(kStart, kThermal), 20, 0.01);
  EXPECT_NEAR(thermal.temperature_c(kStart + 20min, kThermal), 20 + 40 * 0.632, 0.05);
  EXPECT_NEAR(thermal.temperature_c(kStart + 10h, kThermal), 60, 0.01);
}

TEST(Thermal, KnowsWhenItPassesALevel) {
  Thermal thermal;
  thermal.reset(kStart, kThermal);
  thermal.set_load(kStart, 1, kThermal, kThermal);
  const TimePoint at = thermal.passes(kStart, 50, kThermal);
  EXPECT_NEAR(thermal.temperature_c(at, kThermal), 50, 0.01);
  EXPECT_EQ(thermal.passes(kStart, 70, kThermal), kNever);
  EXPECT_EQ(thermal.passes(at, 20, kThermal), kNever);
  thermal.set_load(at, 0, kThermal, kThermal);
  EXPECT_NEAR(thermal.temperature_c(thermal.passes(at, 30, kThermal), kThermal), 30, 0.01);
}

TEST(Thermal, DeratesToHalfBetweenItsLimits) {
  ThermalConfig hot = kThermal;
  for (const auto& [ambient, part] :
       {std::pair{40.0, 1.0}, {50.0, 1.0}, {60.0, 0.75}, {70.0, 0.5}, {90.0, 0.5}}) {
    hot.ambient_c = ambient;
    Thermal thermal;
    thermal.reset(kStart, hot);
    EXPECT_NEAR(thermal.derating(kStart, hot), part, 1e-6) << ambient;
  }
}

TEST(Tariff, KnowsTheLocalHourAndItsEnd) {
  EXPECT_EQ(local_time(kEight, 0).hour, 8);
  EXPECT_EQ(local_time(kEight, 480).hour, 16);
  EXPECT_EQ(local_time(kEight, -9 * 60).hour, 23);
  EXPECT_EQ(local_time(kEight, 0).left, 1h);
  EXPECT_EQ(local_time(kEight + 59min + 59s, 0).left, 1s);
  EXPECT_EQ(local_time(kEight, 30).left, 30min);
}

TEST(Tariff, BillsTheSumOfItsPeriods) {
  TariffConfig tariff;
  tariff.price = {1.8, 1.4, 1.0, 0.61234};
  tariff.hours[0] = {11};
  tariff.finish();
  EXPECT_EQ(tariff.table.period_of_half_hour[22], Period::sharp);
  EXPECT_EQ(tariff.table.period_of_half_hour[24], Period::flat);
  const Bill bill = make_bill({12345, 0, 20000, 7}, 999, tariff.table);
  EXPECT_EQ(bill.lines[0].amount_e4, 22221);  // 1.2345 kWh x 1.8 = 2.2221
  EXPECT_EQ(bill.lines[2].amount_e4, 20000);
  EXPECT_EQ(bill.lines[3].amount_e4, 4);  // 0.0007 kWh x 0.6123 = 0.00042861
  EXPECT_EQ(bill.amount_e4, 22221 + 20000 + 4);
  EXPECT_EQ(bill.energy, 32352);
  EXPECT_EQ(bill.meter_stop, 999 + 32352);
}

TEST(Vehicle, TakesLessAndLessAboveItsTaper) {
  EXPECT_EQ(taper_factor(0.5, 0.8, 0.03), 1);
  EXPECT_EQ(taper_factor(0.8, 0.8, 0.03), 1);
  EXPECT_NEAR(taper_factor(0.9, 0.8, 0.03), 0.515, 1e-9);
  EXPECT_NEAR(taper_factor(1, 0.8, 0.03), 0.03, 1e-9);
}

TEST(Vehicle, IsDrawnByItsWeight) {
  const VehiclePool pool{{.name = "a", .weight = 3}, {.name = "b", .weight = 0}, {.name = "c", .weight = 1}};
  Random random(5, 6, "pool");
  std::array<int, 3> drawn{};
  for (int i = 0; i < 40'000; ++i) ++drawn[draw_vehicle(pool, random)];
  EXPECT_NEAR(drawn[0], 30'000, 600);
  EXPECT_EQ(drawn[1], 0);
  EXPECT_EQ(find_vehicle(pool, "c"), 2u);
  EXPECT_EQ(find_vehicle(pool, "d"), 3u);
}

TEST(Visit, EndsAtTheNearestOfItsLimits) {
  Visit visit;
  visit.plugged = visit.active = true;
  visit.vehicle.battery_wh = 1000;
  visit.vehicle.start_wh = 500;
  EXPECT_NEAR(visit.remaining(0, 0.5).wh, 1000, 1e-6);
  EXPECT_EQ(visit.remaining(0, 0.5).reason, StopReason::battery_full);
  visit.target_permille = 800;
  EXPECT_NEAR(visit.remaining(0, 0.5).wh, 600, 1e-3);
  EXPECT_EQ(visit.remaining(0, 0.5).reason, StopReason::target_reached);
  visit.energy_limit_wh = 200;
  EXPECT_NEAR(visit.remaining(50'000'000, 0.5).wh, 150, 1e-3);
  EXPECT_NEAR(visit.soc(200'000'000, 0.5), 0.6, 1e-6);
  EXPECT_LE(visit.soc(9'000'000'000, 1), 1);
}

TEST(CardNumber, KeepsTwentyCharacters) {
  EXPECT_EQ(CardNumber("12345678901234567890X").view(), "12345678901234567890");
  EXPECT_EQ(CardNumber("abc").view(), "abc");
  EXPECT_EQ(CardNumber().view(), "");
}

TEST(Arrivals, ComeAtTheirMeanRate) {
  Arrivals arrivals(42, 1);
  ArrivalsConfig config{.per_day = 24};
  const Moment now{kStart, kEight};
  TimePoint at = kStart;
  int came = 0;
  for (;; ++came) {
    arrivals.draw_next(now, at, config, 0);
    at = arrivals.next();
    if (at >= kStart + 24h * 400) break;
  }
  EXPECT_NEAR(came, 9600, 300);
}

TEST(Arrivals, FollowTheHourOfTheDay) {
  Arrivals arrivals(42, 1);
  ArrivalsConfig config{.per_day = 24, .hour_weights = std::vector<double>(24, 0.0)};
  config.hour_weights[10] = 3;
  config.hour_weights[20] = 1;
  const Moment now{kStart, kEight};
  TimePoint at = kStart;
  std::map<int, int> by_hour;
  for (int i = 0; i < 4000; ++i) {
    arrivals.draw_next(now, at, config, 60);
    at = arrivals.next();
    ++by_hour[local_time(now.wall_at(at), 60).hour];
  }
  EXPECT_EQ(by_hour.size(), 2u);
  EXPECT_NEAR(by_hour[10], 3000, 150);
  EXPECT_NEAR(to_seconds(at - kStart) / 86400, 4000 / 24.0, 12);
}

TEST(Arrivals, DoNotComeWhenTheRateIsNothing) {
  Arrivals arrivals(42, 1);
  arrivals.draw_next({kStart, kEight}, kStart, {}, 0);
  EXPECT_EQ(arrivals.next(), kNever);
}

TEST(Settings, NameEveryMistakeAcrossKeys) {
  const auto built = settings_keys().build({
      {"thermal.fault_at", {50.0}},
      {"tariff.peak.hours", {config::List{{std::int64_t{11}}, {std::int64_t{24}}}}},
      {"arrivals.hour_weights", {config::List{{1.0}}}},
  });
  ASSERT_FALSE(built);
  for (const char* part : {"thermal.fault_at", "hour 11 stands twice", "24 is no hour", "24 weights"}) {
    EXPECT_NE(built.error().detail.find(part), std::string::npos) << part << " in " << built.error().detail;
  }
}

}  // namespace
}  // namespace vfleet::pile
