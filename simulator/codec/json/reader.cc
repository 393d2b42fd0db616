#include "simulator/codec/json/reader.h"

#include <charconv>
#include <system_error>

#include "simulator/core/ascii.h"
#include "simulator/core/nesting.h"
#include "simulator/core/utf8.h"

namespace vfleet::codec::json {
namespace {

/// The four digits at `at`; -1 when they are none or the text ends.
int four(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

constexpr bool high_surrogate(int unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
constexpr bool low_surrogate(int unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

/// Of a number that JSON can write.
bool past_double(std::string_view number) {
  const std::size_t exponent = number.find_first_of("eE");
  // Shorter than this and without an exponent that makes it larger it is not.
  const bool grows = exponent != std::string_view::npos && number[exponent + 1] != '-';
  if (!grows && number.size() <= 300) return false;
  double value = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
  return read.ec == std::errc::result_out_of_range;
}

void append_utf8(std::uint32_t c, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

/// Takes the escape at the front of `raw` (behind its backslash), which Reader::string() has found to be one.
std::uint32_t take_escape(std::string_view& raw) {
  const char c = raw.empty() ? '\\' : raw.front();
  if (!raw.empty()) raw.remove_prefix(1);
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'u':
      break;
    default:
      return static_cast<unsigned char>(c);
  }
  const char* const end = raw.data() + raw.size();
  const int unit = four(raw.data(), end);
  if (unit < 0) return 'u';
  raw.remove_prefix(4);
  if (!high_surrogate(unit) || raw.size() < 6) return static_cast<std::uint32_t>(unit);
  const int low = four(raw.data() + 2, end);
  raw.remove_prefix(6);
  return 0x10000U + ((static_cast<std::uint32_t>(unit) - 0xd800U) << 10) +
         (static_cast<std::uint32_t>(low) - 0xdc00U);
}

}  // namespace

void Reader::skip_spaces() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool Reader::take(char c) {
  skip_spaces();
  if (failed_ || at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

bool Reader::at_end() {
  skip_spaces();
  return at_ == end_;
}

Reader::Kind Reader::peek() {
  skip_spaces();
  if (failed_ || at_ == end_) return Kind::nothing;
  switch (*at_) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return *at_ == '-' || is_digit(*at_) ? Kind::number : Kind::nothing;
  }
}

bool Reader::enter_object() {
  if (!take('{')) return fail();
  first_ = true;
  return true;
}

bool Reader::enter_array() {
  if (!take('[')) return fail();
  first_ = true;
  return true;
}

bool Reader::next_member(std::string_view& name) {
  if (failed_) return false;
  if (take('}')) {
    first_ = false;
    return false;
  }
  if (!first_ && !take(',')) return fail();
  skip_spaces();
  if (!string(name) || !take(':')) return fail();
  return true;
}

bool Reader::next_element() {
  if (failed_) return false;
  if (take(']')) {
    first_ = false;
    return false;
  }
  if (!first_ && !take(',')) return fail();
  return true;
}

bool Reader::escape() {
  if (at_ == end_) return false;
  const char c = *at_++;
  if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
  const int unit = four(at_, end_);
  if (unit < 0 || low_surrogate(unit)) return false;
  at_ += 4;
  if (!high_surrogate(unit)) return true;
  if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u' || !low_surrogate(four(at_ + 2, end_))) return false;
  at_ += 6;
  return true;
}

bool Reader::string(std::string_view& raw) {
  if (!take('"')) return fail();
  first_ = false;
  const char* const begin = at_;
  unsigned char seen = 0;
  while (at_ != end_) {
    const auto c = static_cast<unsigned char>(*at_);
    if (c == '"') {
      raw = {begin, static_cast<std::size_t>(at_ - begin)};
      if ((seen & 0x80) != 0 && !is_utf8(raw)) return fail();
      ++at_;
      return true;
    }
    if (c < 0x20) return fail();
    seen = static_cast<unsigned char>(seen | c);
    ++at_;
    if (c == '\\' && !escape()) return fail();
  }
  return fail();
}

bool Reader::digits() {
  if (at_ == end_ || !is_digit(*at_)) return false;
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return true;
}

bool Reader::number(std::string_view& text) {
  skip_spaces();
  if (failed_) return false;
  const char* const begin = at_;
  if (at_ != end_ && *at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
  } else if (!digits()) {
    return fail();
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return fail();
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return fail();
  }
  text = {begin, static_cast<std::size_t>(at_ - begin)};
  if (past_double(text)) return fail();
  first_ = false;
  return true;
}

bool Reader::literal(std::string_view word) {
  skip_spaces();
  if (failed_ || std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word)
    return fail();
  at_ += word.size();
  first_ = false;
  return true;
}

bool Reader::boolean(bool& value) {
  value = at_end() ? false : *at_ == 't';
  return literal(value ? "true" : "false");
}

bool Reader::null() {
  return literal("null");
}

bool Reader::skip(std::string_view* raw) {
  skip_spaces();
  const char* const begin = at_;
  if (!skip_value(0)) return fail();
  if (raw != nullptr) *raw = {begin, static_cast<std::size_t>(at_ - begin)};
  return true;
}

// The recursion is bounded: a peer cannot choose how deep it goes.
bool Reader::skip_value(int depth) {
  std::string_view text;
  bool flag = false;
  switch (peek()) {
    case Kind::object:
      if (depth == kJsonNestingMax || !enter_object()) return false;
      while (next_member(text))
        if (!skip_value(depth + 1)) return false;
      return !failed_;
    case Kind::array:
      if (depth == kJsonNestingMax || !enter_array()) return false;
      while (next_element())
        if (!skip_value(depth + 1)) return false;
      return !failed_;
    case Kind::string:
      return string(text);
    case Kind::number:
      return number(text);
    case Kind::boolean:
      return boolean(flag);
    case Kind::null:
      return null();
    case Kind::nothing:
      return false;
  }
  return false;
}

bool same_text(std::string_view raw, std::string_view plain) {
  if (raw.find('\\') == std::string_view::npos) return raw == plain;
  // Words and names are short and ASCII: an escaped one that is not is none of them.
  while (!raw.empty()) {
    if (plain.empty()) return false;
    std::uint32_t c = static_cast<unsigned char>(raw.front());
    raw.remove_prefix(1);
    if (c == '\\') {
      c = take_escape(raw);
      if (c >= 0x80) return false;
    }
    if (c != static_cast<unsigned char>(plain.front())) return false;
    plain.remove_prefix(1);
  }
  return plain.empty();
}

std::size_t text_length(std::string_view raw) {
  std::size_t count = 0;
  while (!raw.empty()) {
    const char c = raw.front();
    raw.remove_prefix(1);
    if (c == '\\') {
      take_escape(raw);
    } else if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) {
      continue;  // of a character that was counted
    }
    ++count;
  }
  return count;
}

void append_text(std::string_view raw, std::string& out) {
  while (!raw.empty()) {
    const std::size_t plain = raw.find('\\');
    out.append(raw.substr(0, plain));
    if (plain == std::string_view::npos) return;
    raw.remove_prefix(plain + 1);
    append_utf8(take_escape(raw), out);
  }
}

}  // namespace vfleet::codec::json
