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

/// What 1 kWh costs, in hundred-thousandths of the currency.
struct Rate {
  Money energy_e5 = 0;
  Money service_e5 = 0;

  [[nodiscard]] Money total_e5() const { return energy_e5 + service_e5; }
  friend bool operator==(const Rate&, const Rate&) = default;
};

inline constexpr std::size_t kHalfHours = 48;

/// Four rates, and which of them holds in each half hour of the day at the pile.
struct RateTable {
  std::array<Rate, kPeriods> rates{};
  std::array<Period, kHalfHours> period_of_half_hour{};

  friend bool operator==(const RateTable&, const RateTable&) = default;
};

struct TariffConfig {
  std::array<double, kPeriods> price{};    ///< of the energy, for 1 kWh
  std::array<double, kPeriods> service{};  ///< on top of it, for 1 kWh
  std::array<std::vector<int>, kPeriods>
      hours;                    ///< of the day; what no other names is flat (its list is empty)
  std::vector<int> half_hours;  ///< 48 numbers of periods in place of `hours`; empty: by `hours`
  std::int32_t utc_offset_min = 0;

  /// Made by finish().
  RateTable table;
  void finish();
};

struct LocalTime {
  int hour = 0;      ///< of the day at the pile's place, 0..23
  Duration left{0};  ///< how long that hour still lasts; more than 0

  [[nodiscard]] std::size_t half_hour() const {
    return static_cast<std::size_t>(2 * hour + (left > std::chrono::minutes(30) ? 0 : 1));
  }
};

[[nodiscard]] LocalTime local_time(WallTime wall, std::int32_t utc_offset_min);

/// Which rate holds, and for how long at least: to the end of the hour, or of its first half when the second
/// has another.
struct RateNow {
  Period period = Period::flat;
  Duration left{0};
};
[[nodiscard]] RateNow rate_at(const RateTable& table, LocalTime local);

struct BillLine {
  Rate rate;
  EnergyTenths energy = 0;
  Money amount_e4 = 0;   ///< energy and service
  Money service_e4 = 0;  ///< the service's part of it
};

/// What a session costs: lines add up to the totals exactly, and energy is the difference of the readings.
struct Bill {
  std::array<BillLine, kPeriods> lines;
  EnergyTenths energy = 0;
  Money amount_e4 = 0;
  Money service_e4 = 0;
  EnergyTenths meter_start = 0;
  EnergyTenths meter_stop = 0;
};

/// Prices `energy` per period: an amount is energy x price, rounded to the ten-thousandth.
[[nodiscard]] Bill make_bill(const std::array<EnergyTenths, kPeriods>& energy, EnergyTenths meter_start,
                             const RateTable& table);

}  // namespace vfleet::pile
