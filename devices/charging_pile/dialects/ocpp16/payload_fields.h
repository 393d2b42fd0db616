#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/codec/ocpp/date_time.h"

/// Fields of a payload that the message tables found good. What is absent, null or not of the asked type is
/// not there. For .cc files only.
namespace vfleet::pile::ocpp16 {

[[nodiscard]] inline const nlohmann::json* field_of(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

/// 1.0 and 1e2 are integers too, as for validate().
[[nodiscard]] inline std::optional<std::int64_t> integer_of(const nlohmann::json& object, const char* key) {
  const nlohmann::json* field = field_of(object, key);
  if (field == nullptr || !field->is_number()) return std::nullopt;
  if (field->is_number_integer()) return field->get<std::int64_t>();
  const auto real = field->get<double>();
  if (!(std::abs(real) < 9.0e18) || std::trunc(real) != real) return std::nullopt;
  return static_cast<std::int64_t>(real);
}

[[nodiscard]] inline std::optional<double> number_of(const nlohmann::json& object, const char* key) {
  const nlohmann::json* field = field_of(object, key);
  if (field == nullptr || !field->is_number()) return std::nullopt;
  return field->get<double>();
}

/// Empty when it is not there; as long as the object.
[[nodiscard]] inline std::string_view text_of(const nlohmann::json& object, const char* key) {
  const nlohmann::json* field = field_of(object, key);
  if (field == nullptr || !field->is_string()) return {};
  return field->get_ref<const std::string&>();
}

[[nodiscard]] inline std::optional<WallTime> time_of(const nlohmann::json& object, const char* key) {
  const auto read = codec::ocpp::read_date_time(text_of(object, key));
  if (!read) return std::nullopt;
  return read->at;
}

/// An empty one when it is not there.
[[nodiscard]] inline const nlohmann::json& object_of(const nlohmann::json& object, const char* key) {
  static const nlohmann::json kNone = nlohmann::json::object();
  const nlohmann::json* field = field_of(object, key);
  return field == nullptr ? kNone : *field;
}

}  // namespace vfleet::pile::ocpp16
