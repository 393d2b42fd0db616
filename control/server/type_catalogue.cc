#include "control/server/type_catalogue.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vfleet::control::server {

using nlohmann::json;

namespace {

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

const json& list_of(const json& object, const char* name) {
  static const json kEmpty = json::array();
  if (!object.is_object()) return kEmpty;
  const auto at = object.find(name);
  return at != object.end() && at->is_array() ? *at : kEmpty;
}

Result<config::Schema> schema_of(const json& object, const char* name, const std::string& whose) {
  const auto at = object.find(name);
  if (at == object.end()) return config::Schema();
  auto schema = config::schema_from_json(*at);
  if (!schema) return fail(Errc::malformed, "description of " + whose + ": " + schema.error().detail);
  return schema;
}

Result<std::vector<ActionInfo>> actions_of(const json& from, const std::string& whose) {
  std::vector<ActionInfo> out;
  for (const json& each : list_of(from, "actions")) {
    ActionInfo action{text_of(each, "name"), each.is_object() && each.value("durable", json()) == true, {}};
    auto args = schema_of(each, "args", whose + "." + action.name);
    if (!args) return tl::unexpected(args.error());
    action.args = std::move(*args);
    out.push_back(std::move(action));
  }
  return out;
}

Result<TypeInfo> parse_type(const json& from) {
  TypeInfo type;
  type.name = text_of(from, "name");
  if (type.name.empty()) return fail(Errc::malformed, "a device type without a name");
  for (const json& each : list_of(from, "reports")) {
    ReportInfo report{text_of(each, "name"), {}};
    for (const json& field : list_of(each, "fields")) report.fields.push_back(text_of(field, "name"));
    type.reports.push_back(std::move(report));
  }
  auto actions = actions_of(from, type.name);
  if (!actions) return tl::unexpected(actions.error());
  type.actions = std::move(*actions);
  auto schema = schema_of(from, "schema", type.name);
  if (!schema) return tl::unexpected(schema.error());
  type.schema = std::move(*schema);
  type.open = from.is_object() && from.value("open", json()) == true;
  type.json = dump(from);
  return type;
}

}  // namespace

Result<TypeCatalogue> TypeCatalogue::parse(std::string_view text) {
  const json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) {
    return fail(Errc::malformed, "the description of device types is not a JSON object");
  }
  TypeCatalogue catalogue;
  catalogue.version_ = text_of(parsed, "version");
  catalogue.types_json_ = dump(list_of(parsed, "types"));
  std::vector<ActionInfo> link_actions;
  for (const json& each : list_of(parsed, "uplinks")) {
    const std::string name = text_of(each, "name");
    if (name.empty()) return fail(Errc::malformed, "an uplink without a name");
    auto schema = schema_of(each, "schema", name);
    if (!schema) return tl::unexpected(schema.error());
    catalogue.uplinks_.emplace(name, std::move(*schema));
    catalogue.uplink_descriptions_.push_back(dump(each));
    auto actions = actions_of(each, name);
    if (!actions) return tl::unexpected(actions.error());
    link_actions.insert(link_actions.end(), actions->begin(), actions->end());
  }
  for (const json& each : list_of(parsed, "types")) {
    auto type = parse_type(each);
    if (!type) return tl::unexpected(type.error());
    for (const auto& [name, schema] : catalogue.uplinks_)
      type->schema = type->schema.with("uplink." + name, schema);
    type->actions.insert(type->actions.end(), link_actions.begin(), link_actions.end());
    catalogue.types_.push_back(std::move(*type));
  }
  return catalogue;
}

const TypeInfo* TypeCatalogue::find(std::string_view name) const {
  const auto at =
      std::find_if(types_.begin(), types_.end(), [&](const TypeInfo& type) { return type.name == name; });
  return at == types_.end() ? nullptr : &*at;
}

bool TypeCatalogue::same_types(std::string_view types_json) const {
  const json parsed = json::parse(types_json.begin(), types_json.end(), nullptr, false);
  return !parsed.is_discarded() && dump(parsed) == types_json_;
}

}  // namespace vfleet::control::server
