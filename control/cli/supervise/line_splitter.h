#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// What a process printed, as lines that any file and any JSON document can hold.
namespace vfleet::cli {

/// `text` with U+FFFD for each byte that is not part of UTF-8 text, for NUL and for control characters other
/// than the tab.
[[nodiscard]] std::string printable_utf8(std::string_view text);

/// Cuts bytes into lines, however they arrive. A line of more than kLineBytesMax becomes several.
class LineSplitter {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{16} << 10U;
  using OnLine = std::function<void(std::string line)>;

  /// Calls `on_line` for each line that ends in `bytes`; without its newline (and carriage return).
  void feed(std::string_view bytes, const OnLine& on_line);
  /// What is left without a newline is a line too.
  void end(const OnLine& on_line);

 private:
  void take(const OnLine& on_line);
  std::string open_;  // at most kLineBytesMax
};

/// A line as our own logger writes it, "2026-11-21T06:38:38.123456 info control: text", taken apart.
struct LoggedLine {
  std::int64_t at_us = 0;  ///< since the epoch (the logger writes local time; read with the local zone)
  std::string level;
  std::string source;
  std::string text;
};
[[nodiscard]] std::optional<LoggedLine> parse_logged_line(std::string_view line);

}  // namespace vfleet::cli
