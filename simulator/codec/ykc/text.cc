#include "simulator/codec/ykc/text.h"

#include <algorithm>

namespace vfleet::codec::ykc {
namespace {

constexpr std::int64_t kMax = std::int64_t{1} << 60;

}  // namespace

std::optional<std::int64_t> parse_scaled(std::string_view text, int decimals) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::int64_t value = 0;
  bool digits = false;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = true;
    if (point && decimals == 0) {
      if (c != '0') return std::nullopt;
      continue;
    }
    if (point) --decimals;
    if (value > kMax / 10) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  for (; decimals > 0; --decimals) {
    if (value > kMax / 10) return std::nullopt;
    value *= 10;
  }
  if (!digits) return std::nullopt;
  return negative ? -value : value;
}

void append_scaled(std::int64_t value, int decimals, std::string& out) {
  if (value < 0) out += '-';
  // Of the smallest number the positive one does not exist.
  std::uint64_t rest = value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  char digits[24];
  int size = 0;
  do {
    digits[size++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0 || size <= decimals);
  while (size > 0) {
    out += digits[--size];
    if (size == decimals && size != 0) out += '.';
  }
}

std::string scaled_text(std::int64_t value, int decimals) {
  std::string out;
  append_scaled(value, decimals, out);
  return out;
}

void append_hex(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool append_bytes(std::string_view digits, std::string& out) {
  const std::size_t before = out.size();
  int high = -1;
  for (const char c : digits) {
    if (c == ' ' && high < 0) continue;
    const int value = hex_value(c);
    if (value < 0) {
      out.resize(before);
      return false;
    }
    if (high < 0) {
      high = value;
    } else {
      out += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  if (high >= 0) out.resize(before);
  return high < 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

std::string_view take_word(std::string_view& rest) {
  rest = trimmed(rest);
  const std::size_t size = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  return word;
}

bool is_name(std::string_view text) {
  constexpr std::size_t kNameMax = 64;
  return !text.empty() && text.size() <= kNameMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace vfleet::codec::ykc
