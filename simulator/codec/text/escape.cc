#include "simulator/codec/text/escape.h"

#include <algorithm>
#include <array>

#include "simulator/core/ascii.h"

namespace vfleet::codec::text {
namespace {

bool unreserved(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

void append_encoded(std::string_view text, Buffer& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
}

void append_printable(std::string_view text, Buffer& out) {
  for (const char c : text) {
    if (!control(c)) out.push_back(c);
  }
}

// Between the quotes.
void append_inside(std::string_view text, Buffer& out) {
  const bool plain =
      std::none_of(text.begin(), text.end(), [](char c) { return control(c) || c == '"' || c == '\\'; });
  if (plain) {
    out.append(text);
    return;
  }
  const std::size_t begin = out.size();
  json::Writer(out).text(text);
  out.erase(begin, 1);
  out.pop_back();
}

// 0xFFFFFFFF: these are no four hexadecimal digits.
std::uint32_t hex4(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 4) return UINT32_MAX;
  for (const char c : text.substr(0, 4)) {
    value <<= 4;
    const int digit = hex_digit(c);
    if (digit < 0) return UINT32_MAX;
    value |= static_cast<std::uint32_t>(digit);
  }
  return value;
}

std::string_view utf8(std::uint32_t point, std::array<char, 4>& bytes) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (point < 0x80) {
    bytes = {byte(point)};
    return {bytes.data(), 1};
  }
  if (point < 0x800) {
    bytes = {byte(0xC0 | (point >> 6)), byte(0x80 | (point & 0x3F))};
    return {bytes.data(), 2};
  }
  if (point < 0x10000) {
    bytes = {byte(0xE0 | (point >> 12)), byte(0x80 | ((point >> 6) & 0x3F)), byte(0x80 | (point & 0x3F))};
    return {bytes.data(), 3};
  }
  bytes = {byte(0xF0 | (point >> 18)), byte(0x80 | ((point >> 12) & 0x3F)),
           byte(0x80 | ((point >> 6) & 0x3F)), byte(0x80 | (point & 0x3F))};
  return {bytes.data(), 4};
}

// Takes the four digits after "\u", and the second half of a pair.
std::uint32_t take_unicode(std::string_view& rest) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const std::uint32_t first = hex4(rest);
  if (first == UINT32_MAX) return kReplacement;
  rest.remove_prefix(4);
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first > 0xDBFF || !rest.starts_with("\\u")) return kReplacement;
  const std::uint32_t second = hex4(rest.substr(2));
  if (second < 0xDC00 || second > 0xDFFF) return kReplacement;
  rest.remove_prefix(6);
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

// Gives the text that `content` (what stands between the quotes) means, in pieces.
template <class Append>
void unescape(std::string_view content, Append&& append) {
  while (!content.empty()) {
    const std::size_t escape = content.find('\\');
    append(content.substr(0, escape));
    if (escape == std::string_view::npos || escape + 1 == content.size()) return;
    const char c = content[escape + 1];
    content.remove_prefix(escape + 2);
    std::array<char, 4> bytes{};
    switch (c) {
      case 'n':
        append("\n");
        break;
      case 'r':
        append("\r");
        break;
      case 't':
        append("\t");
        break;
      case 'b':
        append("\b");
        break;
      case 'f':
        append("\f");
        break;
      case 'u':
        append(utf8(take_unicode(content), bytes));
        break;
      default:
        append(std::string_view(&c, 1));  // a quote, a slash, a backslash
    }
  }
}

}  // namespace

void append_text(std::string_view text, Escape escape, Buffer& out) {
  switch (escape) {
    case Escape::raw:
      out.append(text);
      break;
    case Escape::line:
      append_printable(text, out);
      break;
    case Escape::url:
      append_encoded(text, out);
      break;
    case Escape::json:
    case Escape::quoted:
      out.push_back('"');
      append_inside(text, out);
      out.push_back('"');
      break;
    case Escape::inside:
      append_inside(text, out);
      break;
  }
}

void drop_control_characters(Buffer& out, std::size_t begin) {
  out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), control), out.end());
}

void append_value(std::string_view json, Escape escape, Buffer& out) {
  const bool nothing = json.empty() || json == "null";
  if (escape == Escape::json) {
    out.append(nothing ? "null" : json);
    return;
  }
  if (nothing) return append_text({}, escape, out);
  if (json.size() < 2 || json.front() != '"') return append_text(json, escape, out);
  const std::string_view content = json.substr(1, json.size() - 2);
  switch (escape) {
    case Escape::quoted:
      out.append(json);
      break;
    case Escape::inside:
      out.append(content);
      break;
    default:
      unescape(content, [&](std::string_view piece) { append_text(piece, escape, out); });
  }
}

}  // namespace vfleet::codec::text
