#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>

#include "simulator/core/result.h"

/// JSON of the control channel, for this folder's .cc files only: it brings the whole parser.
namespace vfleet::bus::detail {

inline constexpr std::size_t kFrameBytesMax = std::size_t{4} << 20U;
inline constexpr int kDepthMax = 64;

/// Whether brackets nest at most kDepthMax deep: printing a tree recurses, so a peer must not choose the
/// depth.
[[nodiscard]] bool depth_is_sane(std::string_view text);

/// Parses what a peer sent. Errors: malformed, too_large. Never throws.
[[nodiscard]] Result<nlohmann::json> parse(std::string_view text);

/// The text of a tree; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string print(const nlohmann::json& json);

/// The object that `text` holds; {} when it holds none.
[[nodiscard]] nlohmann::json object_or_empty(std::string_view text);

/// Reads members of one object. The first one that is missing or of another kind is the error of the whole.
class Members {
 public:
  explicit Members(const nlohmann::json& json) : json_(json) {
    if (!json.is_object()) error_ = "expected a JSON object";
  }

  template <class I>
  requires std::is_integral_v<I> I integer(const char* name) {
    const nlohmann::json* at = member(name);
    if (at == nullptr) return 0;
    if (at->is_number_unsigned()) {
      const auto value = at->get<std::uint64_t>();
      if (value <= static_cast<std::uint64_t>(std::numeric_limits<I>::max())) return static_cast<I>(value);
    } else if (at->is_number_integer() && std::is_signed_v<I>) {
      const auto value = at->get<std::int64_t>();
      if (value >= static_cast<std::int64_t>(std::numeric_limits<I>::min())) return static_cast<I>(value);
    }
    refuse(name, "a whole number in its range");
    return 0;
  }
  double number(const char* name);
  bool boolean(const char* name);
  std::string text(const char* name, std::size_t bytes_max = kFrameBytesMax);
  /// The member, when it is an object or a list; else the error is set and an empty one comes.
  const nlohmann::json& object(const char* name);
  const nlohmann::json& list(const char* name);

  [[nodiscard]] bool has(const char* name) const { return json_.is_object() && json_.contains(name); }
  void refuse(const char* name, std::string_view expected);
  [[nodiscard]] bool ok() const { return error_.empty(); }
  [[nodiscard]] Error error() const { return {Errc::malformed, error_}; }

 private:
  const nlohmann::json* member(const char* name);

  const nlohmann::json& json_;
  std::string error_;
};

}  // namespace vfleet::bus::detail
