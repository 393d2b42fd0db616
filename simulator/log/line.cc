#include "simulator/log/line.h"

#include <algorithm>
#include <array>

namespace vfleet::log {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"trace", "debug", "info", "warn", "error"};
constexpr std::string_view kCut = "...";

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// How many bytes the character at `at` takes; 0 when there is no well-formed one (RFC 3629).
std::size_t character(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, at + i) & 0xc0U) != 0x80) return 0;
  }
  const unsigned second = byte_at(text, at + 1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return length;
}

/// C0 controls, DEL, and the C1 controls that terminals obey too.
bool is_control(std::string_view text, std::size_t at, std::size_t length) {
  const unsigned first = byte_at(text, at);
  if (length == 1) return first < 0x20 || first == 0x7f;
  return length == 2 && first == 0xc2 && byte_at(text, at + 1) < 0xa0;
}

}  // namespace

std::string_view to_string(Level level) {
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<Level> parse_level(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::string clean(std::string_view text, std::size_t most) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  std::string out;
  out.reserve(std::min(text.size(), most));
  std::size_t cut = 0;  // the longest beginning that leaves room for kCut
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character(text, at);
    std::string_view next = text.substr(at, length == 0 ? 1 : length);
    at += next.size();
    if (next == "\r" && at < text.size() && text[at] == '\n') continue;
    if (next == "\n" || next == "\r") {
      next = " | ";
    } else if (next == "\t") {
      next = " ";
    } else if (length == 0 || is_control(text, at - next.size(), length)) {
      next = "?";
    }
    if (out.size() + next.size() > most) {
      out.resize(cut);
      out += kCut;
      break;
    }
    out += next;
    if (out.size() + kCut.size() <= most) cut = out.size();
  }
  return out;
}

}  // namespace vfleet::log
