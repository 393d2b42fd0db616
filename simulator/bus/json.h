#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/core/result.h"

/// JSON of the control channel, for this folder's .cc files. No tree is built: bodies that the bus only hands
/// on (groups, arguments, statistics) keep their text, with the order of their members.
namespace vfleet::bus::detail {

/// `text` is one JSON object, not deeper than 64, of at most 4 MiB.
[[nodiscard]] bool is_object(std::string_view text);

/// Reads members of one object. The first one that is missing or of another kind is the error of the whole.
/// Views point into the text that was given. Of members with one name the first counts.
class Members {
 public:
  /// Checks size, depth and grammar once; see ok().
  explicit Members(std::string_view text);

  template <std::integral I>
  I integer(const char* name) {
    const std::string_view raw = member(name);
    I value{};
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (error == std::errc{} && end == raw.data() + raw.size()) return value;
    refuse(name, "a whole number in its range");
    return I{};
  }
  double number(const char* name);
  bool boolean(const char* name);
  std::string text(const char* name, std::size_t bytes_max = std::size_t{4} << 20U);
  /// The text of the member, when it is an object.
  std::string_view object(const char* name);
  /// The texts of its items, when the member is a list.
  std::vector<std::string_view> list(const char* name);
  /// The same, of objects only.
  std::vector<std::string_view> objects(const char* name);

  [[nodiscard]] bool has(std::string_view name) const;
  void refuse(const char* name, std::string_view expected);
  [[nodiscard]] bool ok() const { return error_.detail.empty(); }
  [[nodiscard]] const Error& error() const { return error_; }

  /// `value`, or this object's error.
  template <class T>
  Result<T> result(T value) const {
    if (!ok()) return tl::unexpected(error_);
    return value;
  }

 private:
  std::string_view member(const char* name);

  /// Names are as written, with their escapes.
  std::vector<std::pair<std::string_view, std::string_view>> members_;
  Error error_{Errc::malformed, {}};
};

/// Writes one object. Names are literals that need no escape.
class Composer {
 public:
  template <std::integral I>
  Composer& integer(const char* name, I value) {
    return raw(name, std::to_string(value));
  }
  Composer& number(const char* name, double value);
  Composer& boolean(const char* name, bool value) { return raw(name, value ? "true" : "false"); }
  /// Bytes that are not UTF-8 become U+FFFD.
  Composer& text(const char* name, std::string_view value);
  /// JSON made elsewhere, as it is; {} when it is no object.
  Composer& object(const char* name, std::string_view json);
  /// A list of objects; those that are none become {}.
  Composer& objects(const char* name, const std::vector<std::string>& json);
  /// JSON made here.
  Composer& raw(const char* name, std::string_view json);

  [[nodiscard]] std::string take() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  std::string out_ = "{";
};

}  // namespace vfleet::bus::detail
