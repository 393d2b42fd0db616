#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/random.h"

namespace vfleet::pile {

/// What a battery is made of.
enum class Chemistry : std::uint8_t { lead_acid, nimh, lfp, lmo, lco, nmc, polymer, lto, other };
inline constexpr int kChemistries = 9;

/// One kind of vehicle in the pool.
struct VehicleKind {
  std::string name;
  double battery_wh = 60e3;
  double soc_min = 0.1;  ///< on arrival, 0..1
  double soc_max = 0.6;
  double max_ac_w = 11e3;
  double max_dc_w = 120e3;
  std::int32_t ac_phases = 3;
  double pack_voltage_v = 400;
  Chemistry chemistry = Chemistry::nmc;
  double taper_soc = 0.8;  ///< from here on it takes less and less
  double weight = 1;       ///< how often it comes, relative to the others

  friend bool operator==(const VehicleKind&, const VehicleKind&) = default;
};

using VehiclePool = std::vector<VehicleKind>;

/// A vehicle at a connector: what a kind is, as far as charging needs it. 20 bytes.
struct Vehicle {
  float battery_wh = 0;
  float start_wh = 0;  ///< in the battery when the register stood at the visit's start
  float max_power_w = 0;
  std::uint16_t pack_voltage_v = 0;
  std::uint8_t taper_percent = 80;
  std::uint8_t phases = 1;
  std::uint8_t kind = kUnknownKind;  ///< index into the pool it came from
  Chemistry chemistry = Chemistry::nmc;

  static constexpr std::uint8_t kUnknownKind = 0xff;
};

/// Draws a kind by weight; the pool is not empty.
[[nodiscard]] std::size_t draw_vehicle(const VehiclePool& pool, Random& random);
/// Index of the kind called `name`; the pool's size when there is none.
[[nodiscard]] std::size_t find_vehicle(const VehiclePool& pool, std::string_view name);

/// The part of its maximum power that a vehicle takes at `soc` (0..1): 1 below `taper`, then straight down
/// to `floor` at a full battery.
[[nodiscard]] double taper_factor(double soc, double taper, double floor);

}  // namespace vfleet::pile
