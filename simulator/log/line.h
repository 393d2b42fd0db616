#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vfleet::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error };
[[nodiscard]] std::string_view to_string(Level level);
/// The level of that name; nullopt for any other text.
[[nodiscard]] std::optional<Level> parse_level(std::string_view name);

/// Longer texts are cut, so that no line can crowd out the others.
inline constexpr std::size_t kTextBytesMax = std::size_t{16} << 10U;
inline constexpr std::size_t kDeviceBytesMax = 256;

/// One line of a process's log. `seq` counts the process's lines from 1 without holes, so that whoever reads
/// them sees what is missing.
struct Line {
  std::uint64_t seq = 0;
  std::int64_t at_us = 0;  ///< wall clock
  Level level = Level::info;
  std::string device;  ///< id; empty for the process itself
  std::string text;
  friend bool operator==(const Line&, const Line&) = default;
};

/// What a line weighs in a bounded buffer.
[[nodiscard]] inline std::size_t weight(const Line& line) {
  return sizeof(Line) + line.device.size() + line.text.size();
}

/// `text` as it may stand in a log: at most `most` bytes of UTF-8 (a cut is marked by "..."), line ends as
/// " | ", other control bytes and what is no UTF-8 as '?', so that no line can pass for two or steer a
/// terminal.
[[nodiscard]] std::string clean(std::string_view text, std::size_t most = kTextBytesMax);

}  // namespace vfleet::log
