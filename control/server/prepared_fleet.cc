#include "control/server/prepared_fleet.h"

#include <nlohmann/json.hpp>

#include "simulator/bus/messages.h"

namespace vfleet::control::server {

using nlohmann::json;

namespace {

constexpr std::size_t kGroupBytesMax = bus::kFrameBytesMax - bus::kPartBytes;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

Result<PreparedFleet> prepare_fleet(config::FleetSpec spec, Ordinals& ordinals,
                                    const config::Catalogue& keys) {
  PreparedFleet out;
  for (config::GroupSpec& group : spec.groups) {
    ordinals.assign(group);
    auto schema = keys.schema(group.type, group.uplink);
    if (!schema) return tl::unexpected(schema.error());
    out.text.groups.push_back(dump(config::to_json(group, *schema)));
    if (out.text.groups.back().size() > kGroupBytesMax) {
      return fail(Errc::too_large, "group " + group.name + " lists too many devices for one message (" +
                                       std::to_string(out.text.groups.back().size() >> 10U) + " of " +
                                       std::to_string(kGroupBytesMax >> 10U) +
                                       " KiB): split it into several groups");
    }
  }
  config::FleetSpec head = spec;
  head.groups.clear();
  out.text.head = dump(config::to_json(head, keys));
  out.spec = std::move(spec);
  return out;
}

Result<PreparedFleet> read_fleet(journal::FleetText text, const config::Catalogue& keys) {
  json fleet = json::parse(text.head, nullptr, false);
  if (!fleet.is_object()) return fail(Errc::malformed, "the fleet's head is no JSON object");
  fleet["groups"] = json::array();
  for (const std::string& group : text.groups) fleet["groups"].push_back(json::parse(group, nullptr, false));
  auto spec = config::fleet_from_json(fleet, keys);
  if (!spec) return tl::unexpected(spec.error());
  return PreparedFleet{std::move(*spec), std::move(text)};
}

}  // namespace vfleet::control::server
