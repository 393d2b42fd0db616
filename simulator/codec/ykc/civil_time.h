#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vfleet::codec::ykc {

/// Times of frames: milliseconds since 1970-01-01T00:00 of the clock on the pile's wall, in whatever zone.
inline constexpr std::size_t kCp56Bytes = 7;
inline constexpr std::int64_t kCp56Low = 946684800000;    ///< 2000-01-01T00:00:00
inline constexpr std::int64_t kCp56High = 4102444799999;  ///< 2099-12-31T23:59:59.999

/// Writes 7 bytes. The time is within the limits above.
void put_cp56(std::int64_t milliseconds, bool weekday, char* out);
/// Reads 7 bytes; the day of the week and the flags (invalid, summer) do not count. nullopt: no time.
[[nodiscard]] std::optional<std::int64_t> get_cp56(std::string_view bytes);

/// "2020-03-16T17:14:47", with ".250" when there are milliseconds.
void append_time(std::int64_t milliseconds, std::string& out);
/// The same read; a space may stand for the T, the seconds may be missing.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace vfleet::codec::ykc
