// What a session costs: rates by half hours, and the integral of power taken here and not by the model.
#include <cmath>

#include "simulator/core/random.h"
#include "tests/unit/devices/charging_pile/station_world.h"

namespace vfleet::pile {
namespace {

RateTable rates(std::initializer_list<Period> first_halves = {}) {
  RateTable table;
  table.rates = {{{180'000, 45'678}, {140'000, 40'000}, {100'001, 30'000}, {60'000, 20'003}}};
  table.period_of_half_hour.fill(Period::flat);
  std::copy(first_halves.begin(), first_halves.end(), table.period_of_half_hour.begin());
  return table;
}

TEST(RateTable, ChangesWithTheHalfHour) {
  const RateTable table = rates({Period::valley, Period::peak, Period::sharp, Period::sharp});
  const auto at = [&](int hour, Duration into) {
    return rate_at(table, {hour, std::chrono::hours(1) - into});
  };
  EXPECT_EQ(at(0, 0min).period, Period::valley);
  EXPECT_EQ(at(0, 0min).left, 30min);
  EXPECT_EQ(at(0, 30min - 1us).period, Period::valley);
  EXPECT_EQ(at(0, 30min - 1us).left, 1us);
  EXPECT_EQ(at(0, 30min).period, Period::peak);
  EXPECT_EQ(at(0, 30min).left, 30min);
  EXPECT_EQ(at(1, 10min).period, Period::sharp);
  EXPECT_EQ(at(1, 10min).left, 50min);
  EXPECT_EQ(at(23, 59min).period, Period::flat);
}

TEST(Tariff, IsWrittenByHoursOrByHalfHours) {
  TariffConfig tariff;
  tariff.price = {1.8, 1.4, 1.0, 0.6};
  tariff.service = {0.45678, 0.4, 0.3, 0.2};
  tariff.hours[1] = {8};
  tariff.finish();
  EXPECT_EQ(tariff.table.rates[0].total_e5(), 225'678);
  EXPECT_EQ(tariff.table.period_of_half_hour[15], Period::flat);
  EXPECT_EQ(tariff.table.period_of_half_hour[16], Period::peak);
  EXPECT_EQ(tariff.table.period_of_half_hour[17], Period::peak);
  EXPECT_EQ(tariff.table.period_of_half_hour[18], Period::flat);
  tariff.half_hours.assign(48, 3);
  tariff.half_hours[17] = 0;
  tariff.finish();
  EXPECT_EQ(tariff.table.period_of_half_hour[16], Period::valley);
  EXPECT_EQ(tariff.table.period_of_half_hour[17], Period::sharp);
}

TEST(Tariff, TellsWhatIsWrongWithItsHalfHours) {
  const auto mistakes = [](config::List halves) {
    const auto built = settings_keys().build({{"tariff.half_hours", {std::move(halves)}}});
    return built ? std::string() : built.error().detail;
  };
  EXPECT_NE(mistakes({{std::int64_t{1}}}).find("48 numbers are needed, not 1"), std::string::npos);
  EXPECT_NE(mistakes(config::List(48, {std::int64_t{4}})).find("4 is no rate"), std::string::npos);
  EXPECT_EQ(mistakes(config::List(48, {std::int64_t{3}})), "");
}

TEST(Bill, TellsEnergyAndServiceApart) {
  const Bill bill = make_bill({10'000, 0, 20'000, 33'333}, 500, rates());
  EXPECT_EQ(bill.lines[0].amount_e4, 22'568);  // 1 kWh x 2.25678 = 2.2568
  EXPECT_EQ(bill.lines[0].service_e4, 4'568);  // of it 0.45678
  EXPECT_EQ(bill.lines[2].amount_e4, 26'000);  // 2 kWh x 1.30001 = 2.60002
  EXPECT_EQ(bill.lines[3].amount_e4, 26'667);  // 3.3333 kWh x 0.80003 = 2.66674
  EXPECT_EQ(bill.amount_e4, 22'568 + 26'000 + 26'667);
  EXPECT_EQ(bill.service_e4, 4'568 + 6'000 + bill.lines[3].service_e4);
  EXPECT_EQ(bill.meter_stop, 500 + 63'333);
}

TEST(Station, TakesThePlatformsRatesInPlaceOfItsOwn) {
  StationWorld world({{"utc_offset_min", value(0)}});  // at eight it is peak
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  world.run_for(10min);
  const Bill own = world.station().bill(1, world.now(), world.settings().tariff);
  world.station().set_rates(world.turn(), rates());
  EXPECT_EQ(world.station().rates(world.settings().tariff), rates());
  world.run_for(10min);
  ASSERT_TRUE(world.die());
  EXPECT_EQ(world.station().rates(world.settings().tariff), rates());
  const Bill both = world.station().bill(1, world.now(), world.settings().tariff);
  EXPECT_EQ(own.lines[1].energy, own.energy);
  EXPECT_GT(both.lines[2].energy, 0) << "flat from the change on, at any hour";
  EXPECT_EQ(both.lines[2].rate, rates().rates[2]);
  EXPECT_EQ(both.energy - both.lines[2].energy, own.energy) << "what was booked before stays where it was";
  world.station().set_rates(world.turn(), std::nullopt);
  EXPECT_EQ(world.station().rates(world.settings().tariff), world.settings().tariff.table);
}

struct Integral {
  std::array<std::int64_t, kPeriods> joules_e3{};  // of each rate
  std::array<int, kPeriods> stretches{};           // how often it came
  std::int64_t total_e3 = 0;
};

// A day's worth of sessions for each seed, at whole seconds: between two of them power is constant, so the
// sum over seconds is the integral. A stretch of one rate is told in whole 0.0001 kWh, so it is off by less
// than that; the whole session, one stretch of the register, too.
TEST(BillForAllSeeds, IsTheIntegralOfPowerByRatePeriod) {
  constexpr double kTenth = 360'000;  // 0.0001 kWh in thousandths of a joule
  int bills = 0;
  int rates_seen = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed, 1, "day");
    config::List halves;
    for (std::size_t i = 0; i < kHalfHours; ++i)
      halves.push_back({static_cast<std::int64_t>(random.below(4))});
    StationWorld world({{"tariff.half_hours", {std::move(halves)}},
                        {"tariff.sharp.price", value(1.23456)},
                        {"tariff.peak.service", value(0.33333)},
                        {"tariff.valley.price", value(0.30001)},
                        {"stop_when_full", value(false)},
                        {"rated_power", value(10e3)},  // nobody is full before the end
                        {"kind", value(seed % 3 == 0 ? "ac" : "dc")},
                        {"connector_current", value(seed % 3 == 0 ? 32.0 : 250.0)}},
                       seed);
    world.clock.advance(std::chrono::seconds(random.below(86'400)));
    world.boot();
    for (int session = 0; session < 4; ++session) {
      ASSERT_TRUE(world.plug(1, "", random.uniform(0.1, 0.35)));
      ASSERT_TRUE(world.start(1));
      const EnergyTenths began = world.station().energy(1, world.now());
      Integral sum;
      Period last = Period::flat;
      const int seconds = 600 + static_cast<int>(random.below(7200));
      for (int s = 0; s < seconds; ++s) {
        if (random.chance(0.002)) {
          (void)world.station().limit(world.turn(), 1,
                                      {PowerLimit::Unit::watts, 0, static_cast<float>(random.below(12'000))});
        }
        if (random.chance(0.001)) (void)world.station().suspend(world.turn(), 1, random.chance(0.4));
        const Moment at = world.turn().at;
        const LocalTime local = local_time(at.wall, world.settings().tariff.utc_offset_min);
        const Period period = world.settings().tariff.table.period_of_half_hour[local.half_hour()];
        const auto i = static_cast<std::size_t>(period);
        if (s == 0 || period != last) ++sum.stretches[i];
        last = period;
        const std::int64_t milliwatts = world.station().connector(1).meter.power_mw();
        sum.joules_e3[i] += milliwatts;
        sum.total_e3 += milliwatts;
        world.run_for(1s);
      }
      ASSERT_TRUE(world.stop(1));
      const Bill& bill = world.last_bill;
      Money amount = 0;
      for (std::size_t i = 0; i < kPeriods; ++i) {
        const BillLine& line = bill.lines[i];
        const double exact = static_cast<double>(sum.joules_e3[i]) / kTenth;
        ASSERT_NEAR(static_cast<double>(line.energy), exact, sum.stretches[i] + 0.05) << "rate " << i;
        const double price = static_cast<double>(line.rate.total_e5()) * 1e-5;
        ASSERT_NEAR(static_cast<double>(line.amount_e4), static_cast<double>(line.energy) * price, 0.5001);
        amount += line.amount_e4;
        rates_seen += line.energy > 0;
      }
      ASSERT_NEAR(static_cast<double>(bill.energy), static_cast<double>(sum.total_e3) / kTenth, 1.05);
      ASSERT_EQ(bill.amount_e4, amount);
      ASSERT_EQ(bill.meter_start, began);
      ASSERT_EQ(bill.meter_stop, world.station().energy(1, world.now()));
      ASSERT_TRUE(world.unplug(1));
      ++bills;
      world.run_for(std::chrono::seconds(random.below(7200)));
    }
  }
  EXPECT_EQ(bills, 120);
  EXPECT_GT(rates_seen, 200);
}

}  // namespace
}  // namespace vfleet::pile
