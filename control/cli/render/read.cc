#include "control/cli/render/read.h"

#include <nlohmann/json.hpp>

namespace vfleet::cli {
namespace {

using nlohmann::json;

const json* find(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

}  // namespace

std::string text_at(const json& object, const char* name) {
  const json* at = find(object, name);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string();
}

std::uint64_t count_at(const json& object, const char* name) {
  const json* at = find(object, name);
  if (at == nullptr) return 0;
  if (at->is_number_unsigned()) return at->get<std::uint64_t>();
  if (at->is_number()) return at->get<double>() > 0 ? static_cast<std::uint64_t>(at->get<double>()) : 0;
  return 0;
}

double number_at(const json& object, const char* name) {
  const json* at = find(object, name);
  return at != nullptr && at->is_number() ? at->get<double>() : 0;
}

bool flag_at(const json& object, const char* name) {
  const json* at = find(object, name);
  return at != nullptr && at->is_boolean() && at->get<bool>();
}

const json& list_at(const json& object, const char* name) {
  static const json empty = json::array();
  const json* at = find(object, name);
  return at != nullptr && at->is_array() ? *at : empty;
}

const json& object_at(const json& object, const char* name) {
  static const json empty = json::object();
  const json* at = find(object, name);
  return at != nullptr && at->is_object() ? *at : empty;
}

std::string plain(const json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace vfleet::cli
