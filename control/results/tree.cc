#include "control/results/tree.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "simulator/metrics/histogram_json.h"

namespace vfleet::control::results {

using nlohmann::json;

const json& member(const json& object, const char* name) {
  static const json kNone;
  if (!object.is_object()) return kNone;
  const auto at = object.find(name);
  return at == object.end() ? kNone : *at;
}

const json& object_at(const json& object, const char* name) {
  static const json kNone = json::object();
  const json& found = member(object, name);
  return found.is_object() ? found : kNone;
}

const json& list_at(const json& object, const char* name) {
  static const json kNone = json::array();
  const json& found = member(object, name);
  return found.is_array() ? found : kNone;
}

std::string text_at(const json& object, const char* name) {
  const json& found = member(object, name);
  return found.is_string() ? found.get<std::string>() : std::string();
}

std::uint64_t count_at(const json& object, const char* name) {
  const json& found = member(object, name);
  return found.is_number_unsigned() ? found.get<std::uint64_t>() : 0;
}

std::optional<double> number_at(const json& object, const char* name) {
  const json& found = member(object, name);
  if (!found.is_number()) return std::nullopt;
  const auto value = found.get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool flag_at(const json& object, const char* name) {
  const json& found = member(object, name);
  return found.is_boolean() && found.get<bool>();
}

metrics::Histogram histogram_at(const json& object, const char* name) {
  const json& found = member(object, name);
  if (!found.is_object()) return {};
  auto histogram = metrics::histogram_from_tree(found);
  return histogram ? std::move(*histogram) : metrics::Histogram();
}

std::uint64_t total(const json& counts) {
  std::uint64_t sum = 0;
  if (!counts.is_object()) return sum;
  for (const auto& [name, value] : counts.items()) {
    if (value.is_number_unsigned()) sum += value.get<std::uint64_t>();
  }
  return sum;
}

}  // namespace vfleet::control::results
