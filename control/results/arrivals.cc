#include "control/results/arrivals.h"

#include "simulator/core/id_stem.h"

namespace vfleet::control::results {

ArrivalNames::ArrivalNames(const config::FleetSpec& fleet) {
  const auto add = [this](std::string_view id, const std::string& type) {
    if (types_.size() < kStemsMax) types_[id_stem(id)].insert(type);
  };
  for (const config::GroupSpec& group : fleet.groups) {
    for (const config::DeviceRow& row : group.rows) add(row.id, group.type);
    if (group.rows.empty() && group.count > 0) add(group.device_id(0), group.type);
  }
}

std::string ArrivalNames::row(std::string_view way, std::string_view ids, std::string_view report) const {
  const auto found = types_.find(ids);
  const bool one = found != types_.end() && found->second.size() == 1;
  std::string out(way);
  out += '/';
  out += one ? std::string_view(*found->second.begin()) : std::string_view("*");
  out += '.';
  out += report;
  return out;
}

}  // namespace vfleet::control::results
