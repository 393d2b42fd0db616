#include "devices/charging_pile/model/vehicle.h"

#include "devices/charging_pile/model/settings.h"

namespace vfleet::pile {

std::size_t draw_vehicle(const VehiclePool& pool, Random& random) {
  double total = 0;
  for (const VehicleKind& kind : pool) total += kind.weight;
  double at = random.uniform() * total;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    at -= pool[i].weight;
    if (at < 0) return i;
  }
  return 0;
}

std::size_t find_vehicle(const VehiclePool& pool, std::string_view name) {
  std::size_t i = 0;
  while (i < pool.size() && pool[i].name != name) ++i;
  return i;
}

double taper_factor(double soc, double taper, double floor) {
  if (soc <= taper) return 1;
  if (soc >= 1) return floor;
  return 1 - (1 - floor) * (soc - taper) / (1 - taper);
}

namespace {

config::Struct<VehicleKind> vehicle_keys() {
  config::Struct<VehicleKind> keys;
  keys.text(
          "name", [](auto& c) -> auto& { return c.name; })
      .required()
      .doc("What plug calls it.");
  keys.number(
          "battery", Unit::energy, [](auto& c) -> auto& { return c.battery_wh; })
      .initial(60e3)
      .range(100, 2e6)
      .decimals(0)
      .doc("Usable capacity.");
  keys.number(
          "soc_min", Unit::ratio, [](auto& c) -> auto& { return c.soc_min; })
      .initial(0.1)
      .range(0, 1)
      .doc("Lowest state of charge on arrival.");
  keys.number(
          "soc_max", Unit::ratio, [](auto& c) -> auto& { return c.soc_max; })
      .initial(0.6)
      .range(0, 1)
      .doc("Highest state of charge on arrival.");
  keys.number(
          "max_ac", Unit::power, [](auto& c) -> auto& { return c.max_ac_w; })
      .initial(11e3)
      .range(500, 100e3)
      .decimals(0)
      .doc("Most that its on-board charger takes.");
  keys.number(
          "max_dc", Unit::power, [](auto& c) -> auto& { return c.max_dc_w; })
      .initial(120e3)
      .range(500, 2e6)
      .decimals(0)
      .doc("Most that its battery takes from a DC pile.");
  keys.integer(
          "ac_phases", [](auto& c) -> auto& { return c.ac_phases; })
      .initial(3)
      .range(1, 3)
      .doc("Phases of its on-board charger.");
  keys.number(
          "pack_voltage", Unit::voltage, [](auto& c) -> auto& { return c.pack_voltage_v; })
      .initial(400)
      .range(20, 1500)
      .decimals(0)
      .doc("Nominal voltage of the battery.");
  keys.choice("chemistry", [](auto& c) -> auto& { return c.chemistry; },
              {{"lead_acid", Chemistry::lead_acid},
               {"nimh", Chemistry::nimh},
               {"lfp", Chemistry::lfp},
               {"lmo", Chemistry::lmo},
               {"lco", Chemistry::lco},
               {"nmc", Chemistry::nmc},
               {"polymer", Chemistry::polymer},
               {"lto", Chemistry::lto},
               {"other", Chemistry::other}})
      .initial(Chemistry::nmc)
      .doc("What its battery is made of: decides the voltage and number of its cells.");
  keys.number(
          "taper_soc", Unit::ratio, [](auto& c) -> auto& { return c.taper_soc; })
      .initial(0.8)
      .range(0, 0.99)
      .decimals(2)
      .doc("State of charge from which it takes less and less.");
  keys.number(
          "weight", Unit::none, [](auto& c) -> auto& { return c.weight; })
      .initial(1)
      .range(0, 1e6)
      .doc("How often it comes, relative to the others.");
  return keys;
}

VehiclePool default_pool() {
  return {
      {.name = "compact",
       .battery_wh = 42e3,
       .max_ac_w = 7e3,
       .max_dc_w = 50e3,
       .ac_phases = 1,
       .pack_voltage_v = 350,
       .chemistry = Chemistry::lfp,
       .weight = 3},
      {.name = "sedan", .battery_wh = 64e3, .max_dc_w = 120e3, .weight = 4},
      {.name = "suv", .battery_wh = 90e3, .max_dc_w = 150e3, .weight = 2},
      {.name = "premium",
       .battery_wh = 100e3,
       .max_ac_w = 22e3,
       .max_dc_w = 250e3,
       .pack_voltage_v = 750,
       .taper_soc = 0.7,
       .weight = 1},
      {.name = "van",
       .battery_wh = 80e3,
       .soc_min = 0.05,
       .soc_max = 0.4,
       .max_dc_w = 80e3,
       .chemistry = Chemistry::lfp,
       .taper_soc = 0.85,
       .weight = 1},
  };
}

}  // namespace

void describe_vehicles(config::Struct<Settings>& keys) {
  keys.records<VehicleKind>(
          "vehicles", [](auto& c) -> auto& { return c.vehicles; }, vehicle_keys())
      .initial(default_pool())
      .doc(
          "The vehicles that come to the pile. Those that are plugged in stay as they are when this "
          "changes.");
  keys.check([](const Settings& c, std::vector<std::string>& mistakes) {
    if (c.vehicles.empty() || c.vehicles.size() > 250)
      mistakes.emplace_back("vehicles: 1 to 250 kinds are needed");
    double weight = 0;
    for (const VehicleKind& kind : c.vehicles) {
      weight += kind.weight;
      if (kind.soc_max < kind.soc_min) {
        mistakes.push_back("vehicles: soc_max of " + kind.name + " is below its soc_min");
      }
    }
    if (!c.vehicles.empty() && !(weight > 0))
      mistakes.emplace_back("vehicles: one of them needs a weight above 0");
  });
}

}  // namespace vfleet::pile
