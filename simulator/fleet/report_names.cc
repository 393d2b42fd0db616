#include "simulator/fleet/report_names.h"

#include <vector>

#include "simulator/core/suggest.h"

namespace vfleet::fleet {

std::string no_such_report(const device::TypeDescription& type, std::string_view name) {
  if (type.open || type.report_index(name) >= 0) return {};
  std::vector<std::string> names;
  for (const auto& report : type.reports) names.push_back(report.name);
  const std::string meant = did_you_mean(nearest_word(name, names));
  return type.name + " has no report '" + std::string(name) + "'" +
         (meant.empty() ? " (`vfleet describe " + type.name + "` lists them)" : meant);
}

Status check_report_names(const device::TypeDescription& type, const config::Schema& uplink,
                          const config::Values& values) {
  std::string mistakes;
  for (const auto& [path, value] : values) {
    const config::Key* key = uplink.find(path);
    if (key == nullptr) continue;
    std::string wrong;
    if (config::is_open(*key)) {
      wrong = no_such_report(type, std::string_view(path).substr(path.rfind('.') + 1));
    } else if (const auto* name = std::get_if<std::string>(&value.data);
               name != nullptr && !name->empty() && path.ends_with(".report")) {
      wrong = no_such_report(type, *name);
    }
    if (!wrong.empty()) mistakes += (mistakes.empty() ? "" : "; ") + path + ": " + wrong;
  }
  if (mistakes.empty()) return {};
  return fail(Errc::invalid_argument, std::move(mistakes));
}

}  // namespace vfleet::fleet
