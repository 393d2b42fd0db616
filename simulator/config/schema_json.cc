#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "simulator/config/names.h"
#include "simulator/config/schema.h"
#include "simulator/config/suggest.h"
#include "simulator/config/value_text.h"

// Descriptions and values as JSON. What is read came from another process: nothing here throws or asserts.
namespace vfleet::config {
namespace {

using nlohmann::json;

constexpr int kNestingMax = 4;  // lists of records whose fields are lists; deeper ones do not exist

json key_to_json(const Key& key) {
  json out{{"path", key.path}, {"kind", to_string(key.kind)}};
  if (key.unit != Unit::none) out["unit"] = to_string(key.unit);
  if (std::isfinite(key.minimum)) out["min"] = key.minimum;
  if (std::isfinite(key.maximum)) out["max"] = key.maximum;
  out["decimals"] = key.decimals;
  if (!key.choices.empty()) out["choices"] = key.choices;
  if (!key.items.empty()) out["items"] = to_json(key.items);
  out["default"] = to_json(key, key.initial);
  out["doc"] = key.doc;
  out["effect"] = to_string(key.effect);
  if (key.secret) out["secret"] = true;
  if (key.required) out["required"] = true;
  if (!key.folder_of.empty()) out["folder_of"] = key.folder_of;
  return out;
}

// The zero of a kind, for elements of lists: nobody gives them a default.
Value zero(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return Value{false};
    case Kind::integer:
      return Value{std::int64_t{0}};
    case Kind::number:
      return Value{0.0};
    case Kind::duration:
      return Value{Duration::zero()};
    case Kind::text:
    case Kind::choice:
      return Value{std::string()};
    case Kind::list:
      return Value{List{}};
  }
  return Value{false};
}

tl::unexpected<Error> malformed(std::string text) {
  return fail(Errc::malformed, std::move(text));
}

bool read(const json& from, const char* name, std::string& out) {
  const auto at = from.find(name);
  if (at == from.end()) return true;
  if (!at->is_string()) return false;
  out = at->get<std::string>();
  return true;
}
bool read(const json& from, const char* name, double& out) {
  const auto at = from.find(name);
  if (at == from.end()) return true;
  if (!at->is_number()) return false;
  out = at->get<double>();
  return true;
}
bool read(const json& from, const char* name, bool& out) {
  const auto at = from.find(name);
  if (at == from.end()) return true;
  if (!at->is_boolean()) return false;
  out = at->get<bool>();
  return true;
}

Result<std::vector<Key>> keys_from(const json& json, int depth);

Result<Key> key_from(const json& from, int depth) {
  if (!from.is_object()) return malformed("a key is not an object");
  Key key;
  std::string kind;
  std::string unit = "none";
  std::string effect = "live";
  double decimals = key.decimals;
  if (!read(from, "path", key.path) || !read(from, "kind", kind) || !read(from, "unit", unit) ||
      !read(from, "effect", effect) || !read(from, "doc", key.doc) || !read(from, "min", key.minimum) ||
      !read(from, "max", key.maximum) || !read(from, "decimals", decimals) ||
      !read(from, "secret", key.secret) || !read(from, "required", key.required) ||
      !read(from, "folder_of", key.folder_of)) {
    return malformed("key '" + key.path + "': a member has another type");
  }
  const auto known_kind = kind_from(kind);
  const auto known_unit = unit_from(unit);
  const auto known_effect = effect_from(effect);
  if (!known_kind || !known_unit || !known_effect || !(decimals >= 0 && decimals <= 9)) {
    return malformed("key '" + key.path + "': unknown kind, unit, effect or decimals");
  }
  key.kind = *known_kind;
  key.unit = *known_unit;
  key.effect = *known_effect;
  key.decimals = static_cast<int>(decimals);
  if (const auto at = from.find("choices"); at != from.end()) {
    if (!at->is_array()) return malformed("key '" + key.path + "': choices are not a list");
    for (const json& choice : *at) {
      if (!choice.is_string()) return malformed("key '" + key.path + "': a choice is no text");
      key.choices.push_back(choice.get<std::string>());
    }
  }
  if (const auto at = from.find("items"); at != from.end()) {
    auto items = keys_from(*at, depth + 1);
    if (!items) return tl::unexpected<Error>(std::move(items.error()));
    key.items = std::move(*items);
  }
  if ((key.kind == Kind::list) == key.items.empty())
    return malformed("key '" + key.path + "': items and kind disagree");
  key.initial = zero(key.kind);
  if (const auto at = from.find("default"); at != from.end()) {
    // A default may lie outside its range ("0: off") and an element's may be no value at all: keep what
    // reads.
    Key free = key;
    free.minimum = -std::numeric_limits<double>::infinity();
    free.maximum = std::numeric_limits<double>::infinity();
    if (free.kind == Kind::choice) free.kind = Kind::text;
    auto initial = value_from_json(free, *at);
    if (!initial) return malformed(initial.error().detail);
    key.initial = std::move(*initial);
  }
  return key;
}

Result<std::vector<Key>> keys_from(const json& from, int depth) {
  if (!from.is_array() || depth > kNestingMax) return malformed("keys are not a list");
  std::vector<Key> keys;
  std::set<std::string> paths;
  for (const json& each : from) {
    auto key = key_from(each, depth);
    if (!key) return tl::unexpected<Error>(std::move(key.error()));
    if (!paths.insert(key->path).second) return malformed("key '" + key->path + "' is described twice");
    if (depth == 0 && key->path.empty()) return malformed("a key has no path");
    keys.push_back(std::move(*key));
  }
  for (const std::string& path : paths) {
    for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
      if (paths.contains(path.substr(0, dot)))
        return malformed("'" + path.substr(0, dot) + "' is a key and a section");
    }
  }
  return keys;
}

Result<Value> record_from_json(const Key& list, const std::string& place, const json& from) {
  const auto wrong = [&](const std::string& text) { return fail(Errc::invalid_argument, place + text); };
  if (!from.is_object()) return wrong(": expected a record, {...}");
  std::vector<std::string> names;
  for (const Key& field : list.items) names.push_back(field.path);
  for (const auto& [name, value] : from.items()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return wrong("." + name + ": unknown key" + did_you_mean(nearest_word(name, names)));
    }
  }
  Record record;
  for (const Key& field : list.items) {
    const auto at = from.find(field.path);
    if (at == from.end()) {
      if (field.required) return wrong("." + field.path + ": must be given");
      record.emplace(field.path, field.initial);
      continue;
    }
    auto value = value_from_json(field, *at);
    if (!value) return wrong("." + value.error().detail);
    record.emplace(field.path, std::move(*value));
  }
  return Value{std::move(record)};
}

}  // namespace

json to_json(const std::vector<Key>& keys) {
  json out = json::array();
  for (const Key& key : keys) out.push_back(key_to_json(key));
  return out;
}

Result<std::vector<Key>> keys_from_json(const json& json) {
  return keys_from(json, 0);
}

json to_json(const Schema& schema) {
  return to_json(schema.keys());
}

Result<Schema> schema_from_json(const json& json) {
  auto keys = keys_from(json, 0);
  if (!keys) return tl::unexpected<Error>(std::move(keys.error()));
  return Schema(std::move(*keys));
}

json to_json(const Key& key, const Value& value) {
  if (key.kind != Kind::list) return format_value(key, value, false);
  json out = json::array();
  const auto* list = std::get_if<List>(&value.data);
  if (list == nullptr || key.items.empty()) return out;
  for (const Value& each : *list) {
    const auto* record = std::get_if<Record>(&each.data);
    if (record == nullptr) {
      out.push_back(to_json(key.items.front(), each));
      continue;
    }
    json& row = out.emplace_back(json::object());
    for (const Key& field : key.items) {
      if (const auto at = record->find(field.path); at != record->end())
        row[field.path] = to_json(field, at->second);
    }
  }
  return out;
}

Result<Value> value_from_json(const Key& key, const json& from) {
  const std::string place = key.path;
  const auto wrong = [&](const std::string& text) {
    return fail(Errc::invalid_argument, place.empty() ? text : place + ": " + text);
  };
  if (from.is_string()) return parse_value(key, from.get_ref<const std::string&>());
  if (key.kind == Kind::list) {
    if (!from.is_array()) return wrong("expected " + expectation(key));
    List list;
    for (const json& each : from) {
      const std::string here = place + "[" + std::to_string(list.size()) + "]";
      Result<Value> value;
      if (holds_records(key)) {
        value = record_from_json(key, here, each);
      } else {
        Key item = key.items.front();
        item.path = here;
        value = value_from_json(item, each);
      }
      if (!value) return value;
      list.push_back(std::move(*value));
    }
    return Value{std::move(list)};
  }
  if (!from.is_number() && !from.is_boolean()) return wrong("expected " + expectation(key));
  Value value;
  if (from.is_number() && key.kind == Kind::number) {
    value = Value{from.get<double>()};
  } else if (from.is_number() && key.kind == Kind::duration) {
    const double seconds = from.get<double>();
    if (!(seconds >= 0 && seconds <= 9e9)) return wrong("expected " + expectation(key));
    value = Value{Duration(std::llround(seconds * 1e9))};
  } else {
    return parse_value(key, from.dump());  // as if typed: true, 42
  }
  if (auto good = check_value(key, value); !good) return wrong(good.error().detail);
  return value;
}

json to_json(const Schema& schema, const Values& values) {
  json out = json::object();
  for (const auto& [path, value] : values) {
    if (const Key* key = schema.find(path)) out[path] = to_json(*key, value);
  }
  return out;
}

Result<Values> values_from_json(const Schema& schema, const json& from) {
  if (!from.is_object()) return fail(Errc::malformed, "values are not an object");
  Values values;
  std::string mistakes;
  const auto note = [&](const std::string& text) { mistakes += (mistakes.empty() ? "" : "; ") + text; };
  for (const auto& [path, each] : from.items()) {
    const Key* key = schema.find(path);
    if (key == nullptr) {
      note(path + ": unknown key" + did_you_mean(schema.nearest(path)));
      continue;
    }
    auto value = value_from_json(*key, each);
    if (value) {
      values.emplace(path, std::move(*value));
    } else {
      note(value.error().detail);
    }
  }
  if (!mistakes.empty()) return fail(Errc::invalid_argument, std::move(mistakes));
  return values;
}

}  // namespace vfleet::config
