#include "simulator/codec/ocpp/override.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/codec/ocpp/validate.h"
#include "simulator/core/nesting.h"

namespace vfleet::codec::ocpp {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kParts[] = {"type", "id", "action", "payload"};
constexpr std::size_t kPayload = 3;

Json parse(std::string_view text) {
  if (!nests_at_most(text)) return Json::value_t::discarded;
  return Json::parse(text, nullptr, false);
}

/// The value as JSON, and as a text where it is none.
Json free_value(const std::string& text) {
  Json value = parse(text);
  return value.is_discarded() ? Json(text) : value;
}

bool is_text(Type type) {
  return type != Type::integer && type != Type::decimal && type != Type::boolean && type != Type::object;
}

Json value_for(const Field* field, const std::string& text) {
  Json value = free_value(text);
  if (field == nullptr || field->list || !is_text(field->type) || value.is_string() || value.is_null())
    return value;
  return Json(text);
}

bool is_index(std::string_view name) {
  return !name.empty() && name.size() < 9 && name.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Where a path leads: the value that holds it, and the field that the table tells of it.
struct Place {
  Json* parent = nullptr;
  std::string name;
  const Field* field = nullptr;
};

Status nowhere(std::string_view path, std::string_view why) {
  return fail(Errc::invalid_argument, std::string(path) + ": " + std::string(why));
}

/// Goes to what holds the last name of `path`, making objects and elements on the way.
Result<Place> walk(Json& root, const Object& object, std::string_view path) {
  Place at{&root, {}, nullptr};
  const Object* members = &object;
  std::string_view rest = path;
  if (std::count(path.begin(), path.end(), '.') >= kJsonNestingMax)
    return tl::unexpected<Error>(nowhere("a path", "has too many names").error());
  while (true) {
    const std::size_t dot = rest.find('.');
    at.name = rest.substr(0, dot);
    const bool element = at.field != nullptr && at.field->list && members == nullptr;
    if (at.parent->is_null()) *at.parent = is_index(at.name) ? Json::array() : Json::object();
    if (at.parent->is_array()) {
      if (!is_index(at.name) || std::stoul(at.name) > at.parent->size())
        return tl::unexpected<Error>(
            nowhere(path, "'" + at.name + "' is no element of the list, nor the next one").error());
      if (element) members = at.field->object;
    } else if (at.parent->is_object()) {
      at.field = members == nullptr ? nullptr : members->find(at.name);
      members = at.field == nullptr || at.field->list ? nullptr : at.field->object;
    } else {
      return tl::unexpected<Error>(nowhere(path, "leads through a value that has no members").error());
    }
    if (dot == std::string_view::npos) return at;
    if (at.parent->is_array()) {
      const std::size_t index = std::stoul(at.name);
      if (index == at.parent->size()) at.parent->push_back(nullptr);
      at.parent = &(*at.parent)[index];
    } else {
      at.parent = &(*at.parent)[at.name];
    }
    rest.remove_prefix(dot + 1);
  }
}

Status set(Json& root, const Object& object, const Override& override, Check check) {
  auto place = walk(root, object, override.first);
  if (!place) return tl::unexpected<Error>(place.error());
  Json& parent = *place->parent;
  const bool in_list = parent.is_array();
  // An element of a list has the type of the list's field; a list as a whole is JSON.
  Field element;
  const Field* field = place->field;
  if (in_list && field != nullptr) {
    element = *field;
    element.list = false;
    field = &element;
  }
  Json value = check == Check::none ? free_value(override.second) : value_for(field, override.second);
  if (in_list) {
    const std::size_t index = std::stoul(place->name);
    if (check == Check::by_table && value.is_null()) {
      if (index < parent.size()) parent.erase(index);
    } else if (index == parent.size()) {
      parent.push_back(std::move(value));
    } else {
      parent[index] = std::move(value);
    }
  } else if (check == Check::by_table && value.is_null()) {
    parent.erase(place->name);
  } else {
    parent[place->name] = std::move(value);
  }
  return {};
}

std::string dump(const Json& value) {
  // Replacement of bad UTF-8 keeps dump() from throwing.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status check_payload(const Object& object, std::string_view payload) {
  const auto violation = validate(object, payload);
  if (!violation) return {};
  return fail(Errc::invalid_argument, violation->text() + " (" + std::string(to_string(violation->code)) +
                                          "); --raw sends it all the same");
}

}  // namespace

Status override_payload(const Object& object, std::span<const Override> overrides, Check check,
                        Buffer& payload) {
  if (overrides.empty()) return {};
  Json root = parse(payload);
  if (!root.is_object()) return fail(Errc::malformed, "the payload is no JSON object");
  for (const Override& each : overrides)
    if (Status status = set(root, object, each, check); !status) return status;
  std::string text = dump(root);
  if (check == Check::by_table)
    if (Status status = check_payload(object, text); !status) return status;
  payload = std::move(text);
  return {};
}

Status override_call(Action action, std::span<const Override> overrides, Check check, Buffer& frame) {
  if (overrides.empty()) return {};
  Json root = parse(frame);
  if (!root.is_array() || root.size() != std::size(kParts))
    return fail(Errc::malformed, "the message is no CALL");
  const Object& request = message(action).request;
  for (const Override& each : overrides) {
    if (!each.first.starts_with("$.")) {
      if (Status status = set(root[kPayload], request, each, check); !status) return status;
      continue;
    }
    const auto* const part =
        std::find(std::begin(kParts), std::end(kParts), std::string_view(each.first).substr(2));
    if (part == std::end(kParts))
      return nowhere(each.first, "a CALL has the parts $.type, $.id, $.action and $.payload");
    if (check == Check::by_table)
      return nowhere(each.first, "is set by the charge point; --raw changes it all the same");
    root[static_cast<std::size_t>(part - std::begin(kParts))] = free_value(each.second);
  }
  if (check == Check::by_table)
    if (Status status = check_payload(request, dump(root[kPayload])); !status) return status;
  frame = dump(root);
  return {};
}

}  // namespace vfleet::codec::ocpp
