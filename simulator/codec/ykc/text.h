#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Numbers and bytes as text, for the folder's own use.
namespace vfleet::codec::ykc {

/// "373.2" with one decimal is 3732. nullopt: no number, more decimals than that (zeros do not count), or one
/// that does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_scaled(std::string_view text, int decimals);
/// Appends 3732 with one decimal as "373.2".
void append_scaled(std::int64_t value, int decimals, std::string& out);
[[nodiscard]] std::string scaled_text(std::int64_t value, int decimals);

/// Appends bytes as hexadecimal digits, two each.
void append_hex(std::string_view bytes, std::string& out);
/// Appends the bytes that `digits` stand for; false, and nothing appended, when they are none. Spaces between
/// bytes do not count.
[[nodiscard]] bool append_bytes(std::string_view digits, std::string& out);
/// 0 to 15; -1 for what is no hexadecimal digit.
[[nodiscard]] int hex_value(char c);

/// The next word of `rest`, which it shortens; empty at the end.
[[nodiscard]] std::string_view take_word(std::string_view& rest);
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Whether a name may stand for a field, a frame or a word: a-z, 0-9 and _, not too long.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace vfleet::codec::ykc
