#include "control/cli/supervise/line_splitter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "simulator/core/utf8.h"

namespace vfleet::cli {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::size_t kStampSize = 26;  // "2026-11-21T06:38:38.123456"

bool read_digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, value);
  return error == std::errc() && end == begin + count;
}

std::optional<std::int64_t> read_stamp(std::string_view text) {
  if (text.size() < kStampSize || text[10] != 'T' || text[19] != '.') return std::nullopt;
  std::tm parts = {};
  int us = 0;
  const bool good = read_digits(text, 0, 4, parts.tm_year) && text[4] == '-' &&
                    read_digits(text, 5, 2, parts.tm_mon) && text[7] == '-' &&
                    read_digits(text, 8, 2, parts.tm_mday) && read_digits(text, 11, 2, parts.tm_hour) &&
                    text[13] == ':' && read_digits(text, 14, 2, parts.tm_min) && text[16] == ':' &&
                    read_digits(text, 17, 2, parts.tm_sec) && read_digits(text, 20, 6, us);
  if (!good) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  parts.tm_isdst = -1;
  const std::time_t seconds = std::mktime(&parts);
  if (seconds < 0) return std::nullopt;
  return std::int64_t{seconds} * 1'000'000 + us;
}

}  // namespace

std::string printable_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t good = invalid_utf8(text).value_or(text.size());
    for (const char c : text.substr(0, good)) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
        out += kReplacement;
      } else {
        out += c;
      }
    }
    if (good == text.size()) break;
    out += kReplacement;
    text.remove_prefix(good + 1);
  }
  return out;
}

void LineSplitter::take(const OnLine& on_line) {
  if (!open_.empty() && open_.back() == '\r') open_.pop_back();
  on_line(printable_utf8(open_));
  open_.clear();
}

void LineSplitter::feed(std::string_view bytes, const OnLine& on_line) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t want = std::min(newline, bytes.size());
    const std::size_t room = kLineBytesMax - open_.size();
    if (want > room) {
      // Not in the middle of a character, where that is possible.
      std::size_t cut = room;
      while (cut > 0 && room - cut < 4 && (static_cast<unsigned char>(bytes[cut]) & 0xc0U) == 0x80U) --cut;
      if (cut == 0) cut = room;
      open_.append(bytes.substr(0, cut));
      bytes.remove_prefix(cut);
      take(on_line);
      continue;
    }
    open_.append(bytes.substr(0, want));
    bytes.remove_prefix(want);
    if (newline == std::string_view::npos) return;
    bytes.remove_prefix(1);
    take(on_line);
  }
}

void LineSplitter::end(const OnLine& on_line) {
  if (!open_.empty()) take(on_line);
}

std::optional<LoggedLine> parse_logged_line(std::string_view line) {
  static constexpr std::array<std::string_view, 6> kLevels = {"trace",   "debug", "info",
                                                              "warning", "error", "critical"};
  const auto at_us = read_stamp(line);
  if (!at_us || line.size() <= kStampSize || line[kStampSize] != ' ') return std::nullopt;
  line.remove_prefix(kStampSize + 1);
  const std::size_t level_end = line.find(' ');
  if (level_end == std::string_view::npos) return std::nullopt;
  const std::string_view level = line.substr(0, level_end);
  if (std::find(kLevels.begin(), kLevels.end(), level) == kLevels.end()) return std::nullopt;
  line.remove_prefix(level_end + 1);
  const std::size_t source_end = line.find(": ");
  if (source_end == std::string_view::npos || source_end == 0) return std::nullopt;
  const std::string_view source = line.substr(0, source_end);
  if (source.find(' ') != std::string_view::npos) return std::nullopt;
  LoggedLine out;
  out.at_us = *at_us;
  out.level = level == "warning" ? "warn" : level == "critical" ? "error" : std::string(level);
  out.source = source;
  out.text = line.substr(source_end + 2);
  return out;
}

}  // namespace vfleet::cli
