#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "devices/charging_pile/model/settings.h"
#include "devices/charging_pile/model/vehicle.h"
#include "simulator/core/time.h"

namespace vfleet::pile {

/// A vehicle's identification number: 17 characters with the check digit in the ninth place (ISO 3779,
/// 49 CFR 565). The same key gives the same number.
class Vin {
 public:
  Vin() = default;
  Vin(std::uint64_t key, int production_year);
  [[nodiscard]] std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 17> text_{};
};

/// Whether the ninth character is the check digit of the others, and all are allowed.
[[nodiscard]] bool is_vin(std::string_view text);

enum class ChargeMode : std::uint8_t { constant_voltage = 1, constant_current = 2 };

/// What a battery's management system tells the pile, worked out from the vehicle and the moment: nothing of
/// it is kept. Voltages in V, currents in A (towards the battery, positive), temperatures in degC.
struct Battery {
  // What it is.
  Chemistry chemistry = Chemistry::nmc;
  double capacity_ah = 0;
  double energy_kwh = 0;
  double rated_voltage_v = 0;
  int cells = 0;  ///< in series
  double cell_voltage_max_v = 0;
  double voltage_max_v = 0;
  double current_max_a = 0;
  double temperature_max_c = 0;
  Vin vin;
  std::array<char, 4> maker{};
  std::uint32_t serial = 0;
  int production_year = 2020;
  int production_month = 1;
  int production_day = 1;
  std::uint32_t charge_count = 0;

  // How it is now.
  double soc = 0;        ///< 0..1
  double voltage_v = 0;  ///< of the pack; what the meter shows while it charges
  double current_a = 0;  ///< what the meter shows
  double cell_max_v = 0;
  double cell_min_v = 0;
  int cell_max_number = 1;  ///< 1 .. cells
  int cell_min_number = 1;
  int cell_max_group = 0;  ///< 0 .. 15
  double hottest_c = 0;
  double coldest_c = 0;
  int hottest_sensor = 1;  ///< 1 .. kSensors
  int coldest_sensor = 1;

  // What it asks for.
  double demand_voltage_v = 0;
  double demand_current_a = 0;
  ChargeMode mode = ChargeMode::constant_current;
  int remaining_min = 0;  ///< to the end of the session at this pace; 0 while nothing flows

  static constexpr int kSensors = 16;
};

/// What of a connector a battery is worked out from.
struct BatteryInput {
  const Vehicle& vehicle;
  std::uint64_t key;       ///< the vehicle's own: the same through its stay
  double soc;              ///< 0..1
  double voltage_v;        ///< measured; 0: nothing flows
  double current_a;        ///< measured
  double power_w;          ///< measured
  double battery_rest_wh;  ///< what the session still brings into the battery
  Duration charging_for;   ///< since the session began; 0 without one
};

[[nodiscard]] Battery battery_of(const BatteryInput& in, const Settings& settings);

/// Of one cell: nominal, and at its most.
struct CellVoltage {
  double nominal_v = 0;
  double max_v = 0;
};
[[nodiscard]] CellVoltage cell_voltage(Chemistry chemistry);

/// At rest, for a state of charge of 0..1: from 92% to 108% of the rated voltage.
[[nodiscard]] double pack_voltage(double rated_v, double soc);

}  // namespace vfleet::pile
