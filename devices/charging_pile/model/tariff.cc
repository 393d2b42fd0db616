#include "devices/charging_pile/model/tariff.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "devices/charging_pile/model/settings.h"

namespace vfleet::pile {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;

}  // namespace

std::string_view to_string(Period period) {
  switch (period) {
    case Period::sharp:
      return "sharp";
    case Period::peak:
      return "peak";
    case Period::flat:
      return "flat";
    case Period::valley:
      return "valley";
  }
  return "unknown";
}

void TariffConfig::finish() {
  table.period_of_half_hour.fill(Period::flat);
  for (std::size_t i = 0; i < kPeriods; ++i) {
    table.rates[i] = {std::llround(price[i] * 1e5), std::llround(service[i] * 1e5)};
    for (int hour : hours[i]) {
      if (hour < 0 || hour > 23) continue;
      const auto half = static_cast<std::size_t>(2 * hour);
      table.period_of_half_hour[half] = table.period_of_half_hour[half + 1] = static_cast<Period>(i);
    }
  }
  for (std::size_t i = 0; i < std::min(half_hours.size(), kHalfHours); ++i) {
    table.period_of_half_hour[i] = static_cast<Period>(std::clamp(half_hours[i], 0, 3));
  }
}

RateNow rate_at(const RateTable& table, LocalTime local) {
  const std::size_t half = local.half_hour();
  const Period period = table.period_of_half_hour[half];
  const bool changes = half % 2 == 0 && table.period_of_half_hour[half + 1] != period;
  return {period, changes ? local.left - std::chrono::minutes(30) : local.left};
}

LocalTime local_time(WallTime wall, std::int32_t utc_offset_min) {
  const std::int64_t local_us = to_us(wall) + static_cast<std::int64_t>(utc_offset_min) * 60'000'000;
  std::int64_t of_day_us = local_us % (24 * kHourUs);
  if (of_day_us < 0) of_day_us += 24 * kHourUs;
  return {static_cast<int>(of_day_us / kHourUs), std::chrono::microseconds(kHourUs - of_day_us % kHourUs)};
}

Bill make_bill(const std::array<EnergyTenths, kPeriods>& energy, EnergyTenths meter_start,
               const RateTable& table) {
  // 0.0001 kWh x 0.00001 of the currency per kWh is 1e-9.
  const auto amount = [](EnergyTenths tenths, Money price_e5) {
    __extension__ using Wide = __int128;
    return static_cast<Money>((static_cast<Wide>(tenths) * price_e5 + 50'000) / 100'000);
  };
  Bill bill;
  for (std::size_t i = 0; i < kPeriods; ++i) {
    BillLine& line = bill.lines[i];
    line.rate = table.rates[i];
    line.energy = energy[i];
    line.amount_e4 = amount(line.energy, line.rate.total_e5());
    line.service_e4 = std::min(line.amount_e4, amount(line.energy, line.rate.service_e5));
    bill.energy += line.energy;
    bill.amount_e4 += line.amount_e4;
    bill.service_e4 += line.service_e4;
  }
  bill.meter_start = meter_start;
  bill.meter_stop = meter_start + bill.energy;
  return bill;
}

void describe_tariff(config::Struct<Settings>& keys) {
  const auto price = [&keys](std::string name, Period period, double initial) {
    const auto i = static_cast<std::size_t>(period);
    keys.number(
            "tariff." + name + ".price", Unit::money, [i](auto& c) -> auto& { return c.tariff.price[i]; })
        .initial(initial)
        .range(0, 1e6)
        .decimals(5)
        .doc("Price of 1 kWh in the " + name + " hours. A bill is priced with what holds when it is made.");
    keys.number(
            "tariff." + name + ".service", Unit::money, [i](auto& c) -> auto& { return c.tariff.service[i]; })
        .initial(0)
        .range(0, 1e6)
        .decimals(5)
        .doc("What the service costs on top of the energy, for 1 kWh in the " + name + " hours.");
  };
  const auto hours = [&keys](std::string name, Period period, std::vector<int> initial) {
    const auto i = static_cast<std::size_t>(period);
    keys.list(
            "tariff." + name + ".hours", config::Kind::integer,
            Unit::none, [i](auto& c) -> auto& { return c.tariff.hours[i]; })
        .initial(initial)
        .doc("Hours of the day (0 to 23, local time) that are " + name +
             "; every hour that no list names is flat.");
  };
  price("sharp", Period::sharp, 1.8);
  hours("sharp", Period::sharp, {11, 18, 19});
  price("peak", Period::peak, 1.4);
  hours("peak", Period::peak, {8, 9, 10, 17, 20, 21});
  price("flat", Period::flat, 1.0);
  price("valley", Period::valley, 0.6);
  hours("valley", Period::valley, {0, 1, 2, 3, 4, 5, 6, 23});
  keys.list(
          "tariff.half_hours", config::Kind::integer, Unit::none,
          [](auto& c) -> auto& { return c.tariff.half_hours; })
      .initial({})
      .doc(
          "48 numbers, one for each half hour of the day (local time): 0 sharp, 1 peak, 2 flat, 3 valley. "
          "They "
          "replace the hours above; empty: by hours.");
  keys.integer(
          "utc_offset_min", [](auto& c) -> auto& { return c.tariff.utc_offset_min; })
      .initial(480)
      .range(-720, 840)
      .doc("Minutes between UTC and local time at the pile, for tariff and arrivals.");
  keys.derive([](Settings& c) { c.tariff.finish(); });
  keys.check([](const Settings& c, std::vector<std::string>& mistakes) {
    const std::vector<int>& halves = c.tariff.half_hours;
    if (!halves.empty() && halves.size() != kHalfHours) {
      mistakes.push_back("tariff.half_hours: 48 numbers are needed, not " + std::to_string(halves.size()));
    }
    for (int half : halves) {
      if (half < 0 || half > 3) {
        mistakes.push_back("tariff.half_hours: " + std::to_string(half) +
                           " is no rate (0 sharp, 1 peak, 2 flat, 3 valley)");
      }
    }
    std::set<int> seen;
    for (std::size_t i = 0; i < kPeriods; ++i) {
      for (int hour : c.tariff.hours[i]) {
        const std::string path = "tariff." + std::string(to_string(static_cast<Period>(i))) + ".hours";
        if (hour < 0 || hour > 23) {
          mistakes.push_back(path + ": " + std::to_string(hour) + " is no hour of the day (0 to 23)");
        } else if (!seen.insert(hour).second) {
          mistakes.push_back(path + ": hour " + std::to_string(hour) + " stands twice in the tariff");
        }
      }
    }
  });
}

}  // namespace vfleet::pile
