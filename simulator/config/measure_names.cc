#include "simulator/config/measure_names.h"

#include <algorithm>

#include "simulator/config/measure_reader.h"
#include "simulator/config/suggest.h"

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

tl::expected<void, TextMistake> check_names(const Measure& measure, std::string_view text,
                                            const MeasureNames& names) {
  const auto column = [&](const std::string& word) {
    const std::size_t open = text.find('(');
    const std::size_t at = text.find(word, open == std::string_view::npos ? 0 : open);
    return at == std::string_view::npos ? 0 : at;
  };
  const auto listed = [](const std::vector<std::string>& all) {
    std::string out;
    for (const std::string& each : all) out += (out.empty() ? "" : ", ") + each;
    return out;
  };
  if (!measure.uplink.empty() &&
      std::find(names.uplinks.begin(), names.uplinks.end(), measure.uplink) == names.uplinks.end()) {
    return MeasureReader::wrong(
        column(measure.uplink),
        "no group uses an uplink '" + measure.uplink + "': there is " + listed(names.uplinks),
        nearest_word(measure.uplink, names.uplinks));
  }
  if (names.any_report) return {};
  std::vector<std::string> types;
  std::vector<std::string> reports;
  bool found = measure.report.empty();
  for (const std::string& name : names.reports) {
    const std::size_t dot = name.find('.');
    const std::string type = name.substr(0, dot);
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    if (!measure.type.empty() && type != measure.type) continue;
    std::string report = dot == std::string::npos ? std::string() : name.substr(dot + 1);
    if (report == measure.report) found = true;
    if (std::find(reports.begin(), reports.end(), report) == reports.end())
      reports.push_back(std::move(report));
  }
  if (!measure.type.empty() && std::find(types.begin(), types.end(), measure.type) == types.end()) {
    return MeasureReader::wrong(column(measure.type),
                                "no group is of type '" + measure.type + "': there is " + listed(types),
                                nearest_word(measure.type, types));
  }
  if (found) return {};
  return MeasureReader::wrong(column(measure.report),
                              "no report '" + measure.report + "': there is " + listed(reports),
                              nearest_word(measure.report, reports));
}

}  // namespace vfleet::config
