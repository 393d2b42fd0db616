#include "simulator/device/type.h"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>

#include "simulator/core/ascii.h"
#include "simulator/device/device.h"

namespace vfleet::device {

using nlohmann::json;

int TypeDescription::report_index(std::string_view report) const {
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (reports[i].name == report) return static_cast<int>(i);
  }
  return -1;
}

const ActionDescription* TypeDescription::action(std::string_view action) const {
  const auto at =
      std::find_if(actions.begin(), actions.end(), [&](const auto& each) { return each.name == action; });
  return at == actions.end() ? nullptr : &*at;
}

json to_json(const TypeDescription& type) {
  json reports = json::array();
  for (const ReportDescription& report : type.reports) {
    json fields = json::array();
    for (const FieldDescription& field : report.fields) {
      fields.push_back(
          {{"name", field.name}, {"type", field.type}, {"unit", field.unit}, {"doc", field.doc}});
    }
    reports.push_back({{"name", report.name},
                       {"doc", report.doc},
                       {"scheduled", report.scheduled},
                       {"per_channel", report.per_channel},
                       {"fields", std::move(fields)}});
  }
  json actions = json::array();
  for (const ActionDescription& action : type.actions) {
    json tree = {{"name", action.name},
                 {"doc", action.doc},
                 {"durable", action.durable},
                 {"args", config::to_json(config::Schema(action.args))}};
    if (!action.undone_by.empty()) tree["undone_by"] = action.undone_by;
    if (!action.shown_by.empty()) tree["shown_by"] = action.shown_by;
    actions.push_back(std::move(tree));
  }
  json states = json::array();
  for (const StateDescription& state : type.states) {
    states.push_back({{"name", state.name}, {"doc", state.doc}, {"choices", state.choices}});
  }
  json out = {{"name", type.name},
              {"doc", type.doc},
              {"reports", std::move(reports)},
              {"actions", std::move(actions)},
              {"states", std::move(states)},
              {"schema", config::to_json(type.schema)}};
  if (type.open) out["open"] = true;
  return out;
}

bool valid_open_name(std::string_view name) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), fits);
}

void DeviceRegistry::add(std::unique_ptr<DeviceType> type) {
  assert(find(type->description().name) == nullptr && "two device types of one name");
  types_.push_back(std::move(type));
}

const DeviceType* DeviceRegistry::find(std::string_view name) const {
  for (const auto& type : types_) {
    if (type->description().name == name) return type.get();
  }
  return nullptr;
}

}  // namespace vfleet::device
