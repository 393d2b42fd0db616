#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "devices/charging_pile/model/metering.h"
#include "simulator/core/time.h"

namespace vfleet::pile {

/// The four rates of a day, in the order in which bills list them.
enum class Period : std::uint8_t { sharp, peak, flat, valley };
inline constexpr std::size_t kPeriods = 4;

[[nodiscard]] std::string_view to_string(Period period);

/// Money in ten-thousandths of the currency.
using Money = std::int64_t;

struct TariffConfig {
  std::array<double, kPeriods> price{};  ///< for 1 kWh
  std::array<std::vector<int>, kPeriods>
      hours;  ///< of the day; what no other names is flat (its list is empty)
  std::int32_t utc_offset_min = 0;

  /// Made by finish(): ten-thousandths for 1 kWh, and each hour's period.
  std::array<Money, kPeriods> price_e4{};
  std::array<Period, 24> period_of_hour{};
  void finish();
};

struct LocalTime {
  int hour = 0;      ///< of the day at the pile's place, 0..23
  Duration left{0};  ///< how long that hour still lasts; more than 0
};

[[nodiscard]] LocalTime local_time(WallTime wall, std::int32_t utc_offset_min);

struct BillLine {
  Money price_e4 = 0;
  EnergyTenths energy = 0;
  Money amount_e4 = 0;
};

/// What a session costs: lines add up to the totals exactly, and energy is the difference of the readings.
struct Bill {
  std::array<BillLine, kPeriods> lines;
  EnergyTenths energy = 0;
  Money amount_e4 = 0;
  EnergyTenths meter_start = 0;
  EnergyTenths meter_stop = 0;
};

/// Prices `energy` per period: an amount is energy x price, rounded to the ten-thousandth.
[[nodiscard]] Bill make_bill(const std::array<EnergyTenths, kPeriods>& energy, EnergyTenths meter_start,
                             const TariffConfig& tariff);

}  // namespace vfleet::pile
