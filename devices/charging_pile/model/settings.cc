#include "devices/charging_pile/model/settings.h"

namespace vfleet::pile {

config::Struct<Settings> settings_keys() {
  config::Struct<Settings> keys;
  describe_supply(keys);
  describe_thermal(keys);
  describe_tariff(keys);
  describe_arrivals(keys);
  describe_vehicles(keys);
  return keys;
}

}  // namespace vfleet::pile
