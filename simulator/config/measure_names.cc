#include "simulator/config/measure_names.h"

#include <algorithm>

namespace vfleet::config {

void add_names(MeasureNames& names, std::string_view type, std::string_view uplink,
               const Catalogue& catalogue) {
  const auto add = [](std::vector<std::string>& to, std::string name) {
    if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(std::move(name));
  };
  add(names.uplinks, std::string(uplink));
  const auto known = catalogue.types.find(type);
  if (known == catalogue.types.end() || known->second.reports.empty()) {
    names.any_report = true;
    return;
  }
  for (const std::string& report : known->second.reports) add(names.reports, known->first + "." + report);
}

MeasureNames measure_names(const FleetSpec& fleet, const Catalogue& catalogue) {
  MeasureNames names;
  for (const GroupSpec& group : fleet.groups) add_names(names, group.type, group.uplink, catalogue);
  return names;
}

}  // namespace vfleet::config
