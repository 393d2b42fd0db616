#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vfleet {

/// Checks a text in slices: RFC 3629, so no surrogates, nothing longer than needed, nothing past U+10FFFF.
class Utf8Check {
 public:
  /// False: this can no longer become UTF-8.
  [[nodiscard]] bool feed(std::string_view bytes);
  /// Whether no character is cut off.
  [[nodiscard]] bool complete() const { return left_ == 0; }

 private:
  std::uint8_t left_ = 0;  // bytes that the character still needs
  std::uint8_t low_ = 0;   // and the range of the next one
  std::uint8_t high_ = 0;
};

[[nodiscard]] bool is_utf8(std::string_view text);

/// The offset of the first character that is not UTF-8 text (NUL counts as none); nullopt when all is well.
[[nodiscard]] std::optional<std::size_t> invalid_utf8(std::string_view text);

/// At most so many bytes from the beginning; of a UTF-8 text no character is cut in two.
[[nodiscard]] std::string_view beginning(std::string_view text, std::size_t bytes_max);

}  // namespace vfleet
