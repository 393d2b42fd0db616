#include "control/report/csv.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "control/report/escape.h"
#include "control/results/tree.h"

namespace vfleet::control::report {

using nlohmann::json;

std::string series_csv(const json& results) {
  const json& series = results::object_at(results, "series");
  const json& at_s = results::list_at(series, "at_s");
  const json& seconds = results::list_at(series, "seconds");
  const json& columns = results::object_at(series, "columns");
  const json& gaps = results::list_at(series, "gaps");
  std::string out = "at_s,seconds,gap";
  for (const auto& [name, values] : columns.items()) out += "," + csv_field(name);
  out += "\r\n";
  const auto number = [](const json& list, std::size_t i) {
    return list.is_array() && i < list.size() && list[i].is_number() ? list[i].dump() : std::string();
  };
  for (std::size_t i = 0; i < at_s.size(); ++i) {
    bool gap = false;
    for (const json& each : gaps) {
      if (each.is_array() && each.size() == 2 && each[0].is_number() && each[1].is_number() &&
          at_s[i].is_number()) {
        const auto end = at_s[i].get<double>();
        // Its end is the point's; both are rounded.
        gap = gap || std::abs(each[1].get<double>() - end) <= 1e-4 * std::abs(end) + 1e-3;
      }
    }
    out += number(at_s, i) + "," + number(seconds, i) + (gap ? ",1" : ",0");
    for (const auto& [name, values] : columns.items()) out += "," + number(values, i);
    out += "\r\n";
  }
  return out;
}

}  // namespace vfleet::control::report
