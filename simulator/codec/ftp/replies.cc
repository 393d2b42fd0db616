#include "simulator/codec/ftp/replies.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace vfleet::codec::ftp {
namespace {

constexpr std::size_t kCodeDigits = 3;

// 0: the line begins with none.
int code_of(std::string_view line) {
  if (line.size() < kCodeDigits) return 0;
  int code = 0;
  for (std::size_t i = 0; i < kCodeDigits; ++i) {
    if (line[i] < '0' || line[i] > '9') return 0;
    code = code * 10 + (line[i] - '0');
  }
  return code >= 100 && code <= 599 ? code : 0;
}

bool goes_on(std::string_view line) {
  return line.size() > kCodeDigits && line[kCodeDigits] == '-';
}

// "226 text", not "2261 files".
bool is_last(std::string_view line) {
  return line.size() == kCodeDigits || line[kCodeDigits] == ' ';
}

// A number at the front of `text`, which is taken.
std::optional<unsigned> take_number(std::string_view& text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > most) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint16_t> a_port(unsigned value) {
  if (value == 0 || value > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

}  // namespace

bool Replies::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    of_reply_ += piece.size() + (end == std::string_view::npos ? 0 : 1);
    if (of_reply_ > kBytesMax) return false;
    part_ += piece;
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    std::string text;
    text.swap(part_);
    if (text.ends_with('\r')) text.pop_back();
    if (!line(text)) return false;
  }
  return true;
}

bool Replies::line(std::string_view text) {
  const int code = code_of(text);
  if (begun_ == 0) {
    if (code == 0) return false;
    // What was not asked for yet: nobody needs so many.
    if (whole_.size() + text.size() > kBytesMax) return false;
    whole_ += text;
    if (goes_on(text)) {
      begun_ = code;
      return true;
    }
  } else if (code != begun_ || !is_last(text)) {
    return true;  // within the reply
  }
  begun_ = 0;
  of_reply_ = 0;
  whole_ += '\n';
  return true;
}

bool Replies::next(Reply& reply) {
  const std::size_t end = whole_.find('\n');
  if (end == std::string::npos) return false;
  reply.code = code_of(whole_);
  reply.text = whole_.substr(0, end).substr(std::min(end, kCodeDigits + 1));
  whole_.erase(0, end + 1);
  return true;
}

std::optional<std::uint16_t> port_of_pasv(const Reply& reply) {
  const std::size_t first = reply.text.find_first_of("0123456789");
  if (first == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(reply.text).substr(first);
  std::array<unsigned, 6> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i != 0) {
      if (!rest.starts_with(',')) return std::nullopt;
      rest.remove_prefix(1);
    }
    const auto number = take_number(rest, UINT8_MAX);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  return a_port(numbers[4] << 8U | numbers[5]);
}

std::optional<std::uint16_t> port_of_epsv(const Reply& reply) {
  const std::size_t open = reply.text.find('(');
  if (open == std::string::npos || open + 4 >= reply.text.size()) return std::nullopt;
  std::string_view rest = std::string_view(reply.text).substr(open + 1);
  const char mark = rest.front();
  if (rest[1] != mark || rest[2] != mark) return std::nullopt;
  rest.remove_prefix(3);
  const auto number = take_number(rest, UINT16_MAX);
  if (!number || !rest.starts_with(mark)) return std::nullopt;
  return a_port(*number);
}

}  // namespace vfleet::codec::ftp
