#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "simulator/config/fleet_spec.h"

namespace vfleet::control::results {

/// Names the rows of what a platform says of arrivals. It sees the way, the report's name and the device's
/// id, not its type: which types have ids of that form the fleet says.
class ArrivalNames {
 public:
  static constexpr std::size_t kStemsMax = 4'096;

  ArrivalNames() = default;
  explicit ArrivalNames(const config::FleetSpec& fleet);

  /// "UPLINK/TYPE.REPORT"; TYPE is "*" when devices of several types have such ids, or none.
  [[nodiscard]] std::string row(std::string_view way, std::string_view ids, std::string_view report) const;

 private:
  std::map<std::string, std::set<std::string>, std::less<>> types_;  // by stem
};

}  // namespace vfleet::control::results
