#include <nlohmann/json.hpp>

#include "simulator/codec/envelope/envelope.h"

namespace vfleet::codec::envelope {
namespace {

using Json = nlohmann::ordered_json;

// What holds a text now does not become a number or a truth value because its text reads as one.
Json value_for(const Json& present, const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  const bool stays_text = present.is_string() && (value.is_number() || value.is_boolean());
  return value.is_discarded() || stays_text ? Json(text) : value;
}

// Walks to the place that `path` names below `root`, making objects on the way; null when a scalar or a list
// without that index stands in the way.
Json* place(Json& root, std::string_view path) {
  Json* at = &root;
  while (true) {
    const std::size_t dot = path.find('.');
    const std::string name(path.substr(0, dot));
    if (at->is_array()) {
      const std::size_t index = name.size() < 9 && name.find_first_not_of("0123456789") == std::string::npos && !name.empty()
                                    ? std::stoul(name)
                                    : at->size();
      if (index >= at->size()) return nullptr;
      at = &(*at)[index];
    } else if (at->is_object() || at->is_null()) {
      at = &(*at)[name];
    } else {
      return nullptr;
    }
    if (dot == std::string_view::npos) return at;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

Status override_fields(std::span<const Override> overrides, Buffer& message) {
  if (overrides.empty()) return {};
  Json root = Json::parse(message, nullptr, false);
  if (!root.is_object()) return fail(Errc::malformed, "the message is no JSON object");
  for (const auto& [path, text] : overrides) {
    const bool head = path.starts_with("$.");
    Json* at = head ? place(root, std::string_view(path).substr(2)) : place(root["data"], path);
    if (at == nullptr) return fail(Errc::invalid_argument, "field '" + path + "' leads through a value that has no members");
    *at = value_for(*at, text);
  }
  // Replacement of bad UTF-8 keeps dump() from throwing.
  message = root.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {};
}

}  // namespace vfleet::codec::envelope
