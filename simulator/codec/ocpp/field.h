#pragma once

#include <initializer_list>

#include "simulator/codec/ocpp/message.h"

/// How the tables of messages are written: one call a field.
namespace vfleet::codec::ocpp::table {

enum class Need : std::uint8_t { optional, required };
inline constexpr Need kOptional = Need::optional;
inline constexpr Need kRequired = Need::required;

inline constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

constexpr Field string(std::string_view name, Need need, std::int64_t most, std::string_view doc) {
  return {.name = name, .type = Type::string, .required = need == kRequired, .most = most, .doc = doc};
}
constexpr Field identifier(std::string_view name, Need need, std::int64_t most, std::string_view doc) {
  return {.name = name, .type = Type::identifier, .required = need == kRequired, .most = most, .doc = doc};
}
/// Any whole number.
constexpr Field integer(std::string_view name, Need need, std::string_view doc) {
  return {.name = name, .type = Type::integer, .required = need == kRequired, .doc = doc};
}
constexpr Field integer(std::string_view name, Need need, std::int64_t least, std::int64_t most,
                        std::string_view unit, std::string_view doc) {
  return {.name = name,
          .type = Type::integer,
          .required = need == kRequired,
          .least = least,
          .most = most,
          .unit = unit,
          .doc = doc};
}
constexpr Field decimal(std::string_view name, Need need, std::int64_t least, std::string_view unit,
                        std::string_view doc) {
  return {.name = name,
          .type = Type::decimal,
          .required = need == kRequired,
          .least = least,
          .unit = unit,
          .doc = doc};
}
constexpr Field boolean(std::string_view name, Need need, std::string_view doc) {
  return {.name = name, .type = Type::boolean, .required = need == kRequired, .doc = doc};
}
constexpr Field date_time(std::string_view name, Need need, std::string_view doc) {
  return {.name = name, .type = Type::date_time, .required = need == kRequired, .doc = doc};
}
constexpr Field uri(std::string_view name, Need need, std::string_view doc) {
  return {.name = name, .type = Type::uri, .required = need == kRequired, .doc = doc};
}
constexpr Field word(std::string_view name, Need need, std::span<const std::string_view> words,
                     std::string_view doc) {
  return {.name = name, .type = Type::word, .required = need == kRequired, .words = words, .doc = doc};
}
constexpr Field object(std::string_view name, Need need, const Object& object, std::string_view doc) {
  return {.name = name, .type = Type::object, .required = need == kRequired, .object = &object, .doc = doc};
}
/// An array of what `field` tells.
constexpr Field list(Field field, std::uint16_t least = 0) {
  field.list = true;
  field.list_least = least;
  return field;
}

}  // namespace vfleet::codec::ocpp::table
