#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace vfleet::devices::ip_camera::json_dialect {

/// Reads the members of a JSON object by type, never throws. A member that is absent gives nothing; one of a
/// wrong type or out of range gives nothing too and is kept as the mistake. Outlived by the object.
class Fields {
 public:
  using Json = nlohmann::json;

  explicit Fields(const Json& object) : object_(object) {}

  [[nodiscard]] const Json* member(std::string_view name) const {
    if (!object_.is_object()) return nullptr;
    const auto at = object_.find(name);
    return at == object_.end() || at->is_null() ? nullptr : &*at;
  }

  std::optional<std::string> text(std::string_view name, std::size_t bytes_max = 1024) {
    const Json* at = member(name);
    if (at == nullptr) return std::nullopt;
    const auto* value = at->get_ptr<const std::string*>();
    if (value == nullptr || value->size() > bytes_max) {
      wrong(name, "a text of at most " + std::to_string(bytes_max) + " bytes");
      return std::nullopt;
    }
    return *value;
  }

  std::optional<std::int64_t> integer(std::string_view name, std::int64_t low, std::int64_t high) {
    const Json* at = member(name);
    if (at == nullptr) return std::nullopt;
    // Unsigned ones past int64 would turn negative.
    const bool fits =
        at->is_number_integer() &&
        !(at->is_number_unsigned() && *at->get_ptr<const Json::number_unsigned_t*>() > INT64_MAX);
    const std::int64_t value = fits ? at->get<std::int64_t>() : 0;
    if (!fits || value < low || value > high) {
      wrong(name, "a whole number " + std::to_string(low) + ".." + std::to_string(high));
      return std::nullopt;
    }
    return value;
  }

  std::optional<double> number(std::string_view name, double low, double high) {
    const Json* at = member(name);
    if (at == nullptr) return std::nullopt;
    const double value = at->is_number() ? at->get<double>() : 0;
    if (!at->is_number() || !(value >= low && value <= high)) {
      wrong(name, "a number " + std::to_string(low) + ".." + std::to_string(high));
      return std::nullopt;
    }
    return value;
  }

  std::optional<bool> boolean(std::string_view name) {
    const Json* at = member(name);
    if (at == nullptr) return std::nullopt;
    if (!at->is_boolean()) {
      wrong(name, "true or false");
      return std::nullopt;
    }
    return at->get<bool>();
  }

  void wrong(std::string_view name, std::string_view expected) {
    if (!mistake_.empty()) return;
    mistake_ = "data." + std::string(name) + ": expected ";
    mistake_ += expected;
  }
  /// The first one; empty when there is none.
  [[nodiscard]] const std::string& mistake() const { return mistake_; }

 private:
  const Json& object_;
  std::string mistake_;
};

}  // namespace vfleet::devices::ip_camera::json_dialect
