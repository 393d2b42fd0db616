#include "devices/charging_pile/model/tariff.h"

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
  period_of_hour.fill(Period::flat);
  for (std::size_t i = 0; i < kPeriods; ++i) {
    price_e4[i] = std::llround(price[i] * 1e4);
    for (int hour : hours[i]) {
      if (hour >= 0 && hour < 24) period_of_hour[static_cast<std::size_t>(hour)] = static_cast<Period>(i);
    }
  }
}

LocalTime local_time(WallTime wall, std::int32_t utc_offset_min) {
  const std::int64_t local_us = to_us(wall) + static_cast<std::int64_t>(utc_offset_min) * 60'000'000;
  std::int64_t of_day_us = local_us % (24 * kHourUs);
  if (of_day_us < 0) of_day_us += 24 * kHourUs;
  return {static_cast<int>(of_day_us / kHourUs), std::chrono::microseconds(kHourUs - of_day_us % kHourUs)};
}

Bill make_bill(const std::array<EnergyTenths, kPeriods>& energy, EnergyTenths meter_start,
               const TariffConfig& tariff) {
  Bill bill;
  for (std::size_t i = 0; i < kPeriods; ++i) {
    BillLine& line = bill.lines[i];
    line.price_e4 = tariff.price_e4[i];
    line.energy = energy[i];
    // 0.0001 kWh x 0.0001 of the currency per kWh is 1e-8.
    line.amount_e4 = (line.energy * line.price_e4 + 5000) / 10000;
    bill.energy += line.energy;
    bill.amount_e4 += line.amount_e4;
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
        .decimals(4)
        .doc("Price of 1 kWh in the " + name + " hours. A bill is priced with what holds when it is made.");
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
  keys.integer(
          "utc_offset_min", [](auto& c) -> auto& { return c.tariff.utc_offset_min; })
      .initial(480)
      .range(-720, 840)
      .doc("Minutes between UTC and local time at the pile, for tariff and arrivals.");
  keys.derive([](Settings& c) { c.tariff.finish(); });
  keys.check([](const Settings& c, std::vector<std::string>& mistakes) {
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
