#include "simulator/config/json_schema.h"

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "simulator/config/value_text.h"

namespace vfleet::config {
namespace {

using nlohmann::json;

constexpr const char* kNumber = R"([-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?)";

json reference(const char* name) {
  return {{"$ref", std::string("#/definitions/") + name}};
}

/// `schema`, or a text with an environment reference: nobody knows what that will be.
json or_environment(json schema) {
  return {{"anyOf", json::array({std::move(schema), reference("environment")})}};
}

std::string suffix_pattern(Unit unit) {
  std::string out;
  for (char c : suffixes(unit)) {
    if (c == ' ') continue;
    out += c == ',' ? '|' : c;
  }
  return "(" + out + ")";
}

json limited(json schema, const Key& key) {
  if (std::isfinite(key.minimum)) schema["minimum"] = key.minimum;
  if (std::isfinite(key.maximum)) schema["maximum"] = key.maximum;
  return schema;
}

json object(json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

json section(const std::vector<Key>& keys);

json value_schema(const Key& key) {
  switch (key.kind) {
    case Kind::boolean:
      return or_environment({{"type", "boolean"}});
    case Kind::integer:
      return or_environment(limited({{"type", "integer"}}, key));
    case Kind::duration:
      return or_environment(
          {{"type", json::array({"string", "integer"})},
           {"pattern", std::string("^0$|^(") + kNumber + " *" + suffix_pattern(Unit::duration) + " *)+$"},
           {"maximum", 0},
           {"minimum", 0}});
    case Kind::number: {
      if (key.unit == Unit::none || key.unit == Unit::money)
        return or_environment(limited({{"type", "number"}}, key));
      const std::string text = std::string("^") + kNumber + " *" + suffix_pattern(key.unit);
      if (key.unit == Unit::ratio) {
        return or_environment(
            limited({{"type", json::array({"string", "number"})}, {"pattern", text + "?$"}}, key));
      }
      // Without its unit only 0 is a value.
      return or_environment({{"type", json::array({"string", "number"})},
                             {"pattern", text + "$|^0$"},
                             {"minimum", 0},
                             {"maximum", 0}});
    }
    case Kind::text: {
      json scalar{{"type", json::array({"string", "number", "boolean"})}};
      if (!key.secret) return scalar;
      json file = object(
          {{"secret_file", {{"type", "string"}, {"description", "A file whose content is the value."}}}});
      return {{"anyOf", json::array({std::move(scalar), std::move(file)})}};
    }
    case Kind::choice:
      return or_environment({{"enum", key.choices}});
    case Kind::list:
      return {{"type", "array"},
              {"items", holds_records(key) ? section(key.items) : value_schema(key.items.front())}};
  }
  return json::object();
}

json described(const Key& key) {
  json out = value_schema(key);
  out["description"] = (key.doc.empty() ? "" : key.doc + " ") + "(" + expectation(key) +
                       "; a change takes effect: " + std::string(to_string(key.effect)) + ")";
  if (!key.secret) out["default"] = to_json(key, key.initial);
  return out;
}

/// An object of the keys, nested by their dots.
json section(const std::vector<Key>& keys) {
  json out = object(json::object());
  for (const Key& key : keys) {
    json* place = &out;
    std::string_view rest = key.path;
    for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      json& next = (*place)["properties"][std::string(rest.substr(0, dot))];
      if (next.is_null()) next = object(json::object());
      place = &next;
      rest.remove_prefix(dot + 1);
    }
    if (is_open(key)) {
      (*place)["additionalProperties"] = described(key);
      continue;
    }
    (*place)["properties"][std::string(rest)] = described(key);
    if (key.required && place == &out) out["required"].push_back(std::string(rest));
  }
  return out;
}

json names(const Catalogue::Entries& entries) {
  json out = json::array();
  for (const auto& [name, entry] : entries) out.push_back(name);
  return out;
}

json text(const char* doc) {
  return {{"type", "string"}, {"description", doc}};
}

/// "if `type` is NAME then ...", for each type.
json by_type(const Catalogue& catalogue, const std::function<json(const std::string&)>& then) {
  json out = json::array();
  for (const auto& [name, entry] : catalogue.types) {
    out.push_back({{"if", {{"properties", {{"type", {{"const", name}}}}}, {"required", {"type"}}}},
                   {"then", then(name)}});
  }
  return out;
}

json group_schema(const Catalogue& catalogue) {
  json kinds = json::object();
  for (const auto& [name, entry] : catalogue.uplinks) {
    // What is required is checked when defaults and devices files are known.
    json settings = section(entry.schema.keys());
    settings.erase("required");
    settings["description"] = entry.doc;
    kinds[name] = std::move(settings);
  }
  json uplink = object(std::move(kinds));
  uplink["minProperties"] = uplink["maxProperties"] = 1;
  json out = object({
      {"name", text("The group's name; unique.")},
      {"type", {{"enum", names(catalogue.types)}, {"description", "The type of its devices."}}},
      {"id", text("How device ids come from numbers, as in pile-{:05}.")},
      {"first",
       {{"type", "integer"},
        {"minimum", 0},
        {"description", "The number of the first device; 1 if not given."}}},
      {"count", or_environment({{"type", "integer"}, {"minimum", 0}})},
      {"labels",
       {{"type", "object"},
        {"description", "Names with a value, or with a list that the devices share out."},
        {"additionalProperties", {{"type", json::array({"string", "number", "boolean", "array"})}}}}},
      {"profile", text("A profile, relative to this file.")},
      {"config",
       {{"type", json::array({"object", "null"})}, {"description", "Settings over those of the profile."}}},
      {"uplink",
       {{"description", "How its devices reach the platform."},
        {"anyOf", json::array({{{"enum", names(catalogue.uplinks)}}, std::move(uplink)})}}},
      {"devices", object({{"from", text("A CSV file with a row for each device.")}})},
  });
  out["required"] = {"name", "uplink"};
  out["allOf"] = by_type(catalogue, [](const std::string& name) {
    return json{{"properties", {{"config", reference(("type_" + name).c_str())}}}};
  });
  return out;
}

json fleet_schema() {
  json out = object({
      {"fleet", text("The fleet's name.")},
      {"seed", or_environment({{"type", "integer"}, {"minimum", 0}})},
      {"time_scale", or_environment({{"type", "number"}, {"minimum", 0.001}, {"maximum", 100000}})},
      {"time_zone", text("Of schedules that follow the day: UTC, or a name such as Asia/Shanghai.")},
      {"platform", object({{"figures", text("Where the stand-in platform serves its figures.")}})},
      {"groups", {{"type", "array"}, {"minItems", 1}, {"items", reference("group")}}},
      {"thresholds",
       {{"type", "array"},
        {"items", {{"type", "string"}}},
        {"description", "What a run must achieve: p99(meter.ack) < 300ms, loss == 0, rate >= 5000/s."}}},
      {"limits",
       object({{"lateness_p99", text("Past this, results are invalid: 100ms if not given.")},
               {"utilisation", text("Of a worker, past which results are invalid: 90% if not given.")}})},
  });
  out["required"] = {"fleet", "groups"};
  return out;
}

json profile_schema(const Catalogue& catalogue) {
  json out{{"type", "object"},
           {"required", {"type"}},
           {"properties",
            {{"type", {{"enum", names(catalogue.types)}}}, {"extends", text("A profile to start from.")}}}};
  out["allOf"] = by_type(catalogue, [&](const std::string& name) {
    json body = section(catalogue.types.at(name).schema.keys());
    body["properties"]["type"] = true;
    body["properties"]["extends"] = true;
    body.erase("required");
    return body;
  });
  return out;
}

}  // namespace

std::string json_schema(const Catalogue& catalogue) {
  json definitions{{"environment", {{"type", "string"}, {"pattern", R"(\$\{)"}}},
                   {"group", group_schema(catalogue)},
                   {"fleet", fleet_schema()},
                   {"profile", profile_schema(catalogue)}};
  for (const auto& [name, entry] : catalogue.types) {
    json settings = section(entry.schema.keys());
    settings.erase("required");
    settings["description"] = entry.doc;
    definitions["type_" + name] = std::move(settings);
  }
  const json out{{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "vfleet fleet files and profiles"},
                 {"type", "object"},
                 {"if", {{"required", {"fleet"}}}},
                 {"then", reference("fleet")},
                 {"else", reference("profile")},
                 {"definitions", std::move(definitions)}};
  return out.dump(2) + "\n";
}

}  // namespace vfleet::config
