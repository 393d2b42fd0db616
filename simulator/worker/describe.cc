#include "simulator/worker/describe.h"

#include <nlohmann/json.hpp>

#include "simulator/uplink/all_uplinks.h"

namespace vfleet::worker {

using nlohmann::json;

namespace {

json types_of(const device::DeviceRegistry& registry) {
  json types = json::array();
  for (const auto& type : registry.types()) types.push_back(device::to_json(type->description()));
  return types;
}

json actions_of(const uplink::UplinkKind& kind) {
  json actions = json::array();
  for (const uplink::LinkAction& each : kind.actions) {
    actions.push_back(
        {{"name", each.name}, {"doc", each.doc}, {"args", config::to_json(config::Schema(each.args))}});
  }
  return actions;
}

}  // namespace

std::string describe(const device::DeviceRegistry& types, std::string_view version) {
  json uplinks = json::array();
  for (const uplink::UplinkKind& kind : uplink::all_uplinks()) {
    uplinks.push_back({{"name", kind.name},
                       {"doc", kind.doc},
                       {"schema", config::to_json(kind.schema)},
                       {"actions", actions_of(kind)}});
  }
  return json{{"version", version}, {"types", types_of(types)}, {"uplinks", std::move(uplinks)}}.dump(1);
}

std::string describe_types(const device::DeviceRegistry& types) {
  return types_of(types).dump();
}

}  // namespace vfleet::worker
