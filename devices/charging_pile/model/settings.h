#pragma once

#include "devices/charging_pile/model/arrivals.h"
#include "devices/charging_pile/model/supply.h"
#include "devices/charging_pile/model/tariff.h"
#include "devices/charging_pile/model/thermal.h"
#include "devices/charging_pile/model/vehicle.h"
#include "simulator/config/bind.h"

namespace vfleet::pile {

/// Everything that the model is configured with, a part for each feature.
struct Settings {
  SupplyConfig supply;
  ThermalConfig thermal;
  TariffConfig tariff;
  ArrivalsConfig arrivals;
  VehiclePool vehicles;
};

// Each part describes its own keys.
void describe_supply(config::Struct<Settings>& keys);
void describe_thermal(config::Struct<Settings>& keys);
void describe_tariff(config::Struct<Settings>& keys);
void describe_arrivals(config::Struct<Settings>& keys);
void describe_vehicles(config::Struct<Settings>& keys);

[[nodiscard]] config::Struct<Settings> settings_keys();

}  // namespace vfleet::pile
