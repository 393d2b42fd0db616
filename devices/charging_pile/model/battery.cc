#include "devices/charging_pile/model/battery.h"

#include <algorithm>
#include <cmath>

#include "simulator/core/ascii.h"
#include "simulator/core/hash.h"
#include "simulator/core/random.h"

namespace vfleet::pile {
namespace {

// What each place of a number weighs, and what each letter counts; I, O and Q do not occur.
constexpr std::array kWeights{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
constexpr std::string_view kLetters = "ABCDEFGHJKLMNPRSTUVWXYZ";
constexpr std::string_view kValues = "12345678123457923456789";
constexpr std::size_t kCheckPlace = 8;
// The tenth place: from 2010 on, thirty years round.
constexpr std::string_view kYears = "ABCDEFGHJKLMNPRSTVWXY123456789";

/// -1 for a character that no number has.
int value_of(char c) {
  if (is_digit(c)) return c - '0';
  const std::size_t at = kLetters.find(c);
  return at == std::string_view::npos ? -1 : kValues[at] - '0';
}

char check_digit(std::string_view text) {
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * std::max(0, value_of(text[i]));
  return "0123456789X"[sum % 11];
}

char letter(Random& random) {
  return kLetters[random.below(kLetters.size())];
}

/// Cells in series differ by this much between the lowest and the highest, at least and at most.
constexpr double kSpreadLow = 0.005;
constexpr double kSpreadHigh = 0.03;
/// A battery that takes its most warms by this much in the long run, and gets there in this manner.
constexpr double kWarming = 14;
constexpr double kWarmingSeconds = 1200;
constexpr double kHottest = 55;

/// Minutes until `rest_wh` are in the battery: at `watts` as long as the vehicle takes that much, then along
/// its taper.
double minutes_for(double rest_wh, double watts, const BatteryInput& in, const Settings& settings) {
  if (!(watts > 0)) return 0;
  constexpr int kSteps = 32;
  const double efficiency = settings.supply.efficiency;
  const double step_wh = rest_wh / kSteps;
  double hours = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double soc = in.soc + (i + 0.5) * step_wh / static_cast<double>(in.vehicle.battery_wh);
    const double takes = static_cast<double>(in.vehicle.max_power_w) *
                         taper_factor(soc, in.vehicle.taper_percent / 100.0, settings.supply.taper_floor);
    hours += step_wh / (std::min(watts, takes) * efficiency);
  }
  return hours * 60;
}

}  // namespace

Vin::Vin(std::uint64_t key, int production_year) {
  Random random(key, 0, "vin");
  constexpr std::string_view kMakers = "LVFLSVLGXLRWLFVLBV";  // six of three letters each
  const std::size_t maker = 3 * random.below(kMakers.size() / 3);
  std::copy_n(kMakers.begin() + static_cast<std::ptrdiff_t>(maker), 3, text_.begin());
  for (std::size_t i = 3; i < kCheckPlace; ++i)
    text_[i] = i % 2 == 0 ? letter(random) : static_cast<char>('0' + random.below(10));
  text_[9] = kYears[static_cast<std::size_t>((production_year - 2010) % 30 + 30) % 30];
  text_[10] = letter(random);
  for (std::size_t i = 11; i < text_.size(); ++i) text_[i] = static_cast<char>('0' + random.below(10));
  text_[kCheckPlace] = '0';
  text_[kCheckPlace] = check_digit(view());
}

bool is_vin(std::string_view text) {
  if (text.size() != kWeights.size()) return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return value_of(c) < 0; })) return false;
  return check_digit(text) == text[kCheckPlace];
}

CellVoltage cell_voltage(Chemistry chemistry) {
  switch (chemistry) {
    case Chemistry::lead_acid:
      return {2.0, 2.4};
    case Chemistry::nimh:
      return {1.2, 1.5};
    case Chemistry::lfp:
      return {3.2, 3.65};
    case Chemistry::lmo:
      return {3.7, 4.2};
    case Chemistry::lco:
      return {3.7, 4.2};
    case Chemistry::nmc:
      return {3.65, 4.25};
    case Chemistry::polymer:
      return {3.7, 4.2};
    case Chemistry::lto:
      return {2.3, 2.7};
    case Chemistry::other:
      return {3.6, 4.2};
  }
  return {3.6, 4.2};
}

double pack_voltage(double rated_v, double soc) {
  return rated_v * (0.92 + 0.16 * soc);
}

Battery battery_of(const BatteryInput& in, const Settings& settings) {
  const Vehicle& vehicle = in.vehicle;
  const double rated_v = vehicle.pack_voltage_v;
  const double ambient = settings.thermal.ambient_c;
  Random made(in.key, 0, "battery");
  Battery out;

  out.chemistry = vehicle.chemistry;
  out.rated_voltage_v = rated_v;
  out.energy_kwh = static_cast<double>(vehicle.battery_wh) / 1000;
  out.capacity_ah = static_cast<double>(vehicle.battery_wh) / rated_v;
  const CellVoltage cell = cell_voltage(vehicle.chemistry);
  out.cells = std::max(1, static_cast<int>(std::lround(rated_v / cell.nominal_v)));
  out.cell_voltage_max_v = cell.max_v;
  // Above what it ever shows, ripple and all.
  out.voltage_max_v = std::ceil(pack_voltage(rated_v, 1) * (1 + settings.supply.voltage_ripple / 2) * 1.01);
  const double lowest_v = pack_voltage(rated_v, 0) * (1 - settings.supply.voltage_ripple / 2);
  out.current_max_a = std::ceil(static_cast<double>(vehicle.max_power_w) / lowest_v * 1.01);
  out.temperature_max_c = kHottest + 5;
  out.production_year = 2016 + static_cast<int>(made.below(9));
  out.production_month = 1 + static_cast<int>(made.below(12));
  out.production_day = 1 + static_cast<int>(made.below(28));
  out.charge_count = 20 + static_cast<std::uint32_t>(made.below(2000));
  out.serial = static_cast<std::uint32_t>(made.next());
  for (char& each : out.maker) each = letter(made);
  out.vin = Vin(in.key, out.production_year);

  out.soc = in.soc;
  out.current_a = in.current_a;
  out.voltage_v = in.voltage_v > 0 ? in.voltage_v : pack_voltage(rated_v, in.soc);
  const double mean = out.voltage_v / out.cells;
  const double spread = made.uniform(kSpreadLow, kSpreadHigh);
  out.cell_max_v = mean + spread / 2;
  out.cell_min_v = mean - spread / 2;
  out.cell_max_number = 1 + static_cast<int>(made.below(static_cast<std::uint64_t>(out.cells)));
  out.cell_min_number = 1 + static_cast<int>(made.below(static_cast<std::uint64_t>(out.cells)));
  if (out.cell_min_number == out.cell_max_number) out.cell_min_number = out.cell_max_number % out.cells + 1;
  out.cell_max_group = 16 * (out.cell_max_number - 1) / out.cells;
  const double load = std::min(1.0, in.power_w / static_cast<double>(vehicle.max_power_w));
  const double warmed = 1 - std::exp(-to_seconds(in.charging_for) / kWarmingSeconds);
  out.hottest_c = std::min(std::max(ambient, kHottest), ambient + 3 + kWarming * load * warmed);
  out.coldest_c = out.hottest_c - 1 - 3 * made.uniform();
  out.hottest_sensor = 1 + static_cast<int>(made.below(Battery::kSensors));
  out.coldest_sensor =
      1 + (out.hottest_sensor + static_cast<int>(made.below(Battery::kSensors - 1))) % Battery::kSensors;

  const double taper = vehicle.taper_percent / 100.0;
  const double wanted = in.soc >= 1 ? 0
                                    : static_cast<double>(vehicle.max_power_w) *
                                          taper_factor(in.soc, taper, settings.supply.taper_floor);
  out.mode = in.soc > taper ? ChargeMode::constant_voltage : ChargeMode::constant_current;
  out.demand_voltage_v = out.voltage_max_v;
  out.demand_current_a = wanted / out.voltage_v;
  const double rest_min = minutes_for(in.battery_rest_wh, in.power_w, in, settings);
  out.remaining_min = static_cast<int>(std::clamp(std::ceil(rest_min), 0.0, 65535.0));
  return out;
}

}  // namespace vfleet::pile
