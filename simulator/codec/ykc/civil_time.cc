#include "simulator/codec/ykc/civil_time.h"

#include <chrono>

namespace vfleet::codec::ykc {
namespace {

using namespace std::chrono;

struct Civil {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned weekday = 0;  // 1 Monday .. 7 Sunday
  int hour = 0;
  int minute = 0;
  int millisecond = 0;  // of the minute
};

Civil civil(std::int64_t milliseconds_of) {
  const sys_time<milliseconds> time{milliseconds(milliseconds_of)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto rest = (time - day).count();
  Civil out;
  out.year = static_cast<int>(date.year());
  out.month = static_cast<unsigned>(date.month());
  out.day = static_cast<unsigned>(date.day());
  out.weekday = weekday(day).iso_encoding();
  out.hour = static_cast<int>(rest / 3'600'000);
  out.minute = static_cast<int>(rest / 60'000 % 60);
  out.millisecond = static_cast<int>(rest % 60'000);
  return out;
}

std::optional<std::int64_t> from_civil(const Civil& in) {
  const year_month_day date{year(in.year), month(in.month), day(in.day)};
  if (!date.ok() || in.hour > 23 || in.minute > 59 || in.millisecond > 59'999) return std::nullopt;
  const auto since = duration_cast<milliseconds>(sys_days(date).time_since_epoch()).count();
  return since + in.hour * 3'600'000LL + in.minute * 60'000LL + in.millisecond;
}

void append_digits(int value, int digits, std::string& out) {
  const std::size_t at = out.size();
  out.append(static_cast<std::size_t>(digits), '0');
  for (int i = digits - 1; i >= 0; --i, value /= 10) {
    out[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  }
}

// Reads so many digits from the front; false when they are none.
bool take_digits(std::string_view& text, int digits, int& out) {
  if (text.size() < static_cast<std::size_t>(digits)) return false;
  out = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(digits));
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

void put_cp56(std::int64_t milliseconds_of, bool with_weekday, char* out) {
  const Civil time = civil(milliseconds_of);
  const unsigned day_byte = time.day | (with_weekday ? time.weekday << 5U : 0U);
  const unsigned bytes[kCp56Bytes] = {static_cast<unsigned>(time.millisecond) & 0xFFU,
                                      static_cast<unsigned>(time.millisecond) >> 8U,
                                      static_cast<unsigned>(time.minute),
                                      static_cast<unsigned>(time.hour),
                                      day_byte,
                                      time.month,
                                      static_cast<unsigned>(time.year - 2000)};
  for (std::size_t i = 0; i < kCp56Bytes; ++i) out[i] = static_cast<char>(bytes[i]);
}

std::optional<std::int64_t> get_cp56(std::string_view bytes) {
  if (bytes.size() != kCp56Bytes) return std::nullopt;
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]));
  };
  Civil time;
  time.millisecond = static_cast<int>(byte(0) | byte(1) << 8U);
  time.minute = static_cast<int>(byte(2) & 0x3FU);
  time.hour = static_cast<int>(byte(3) & 0x1FU);
  time.day = byte(4) & 0x1FU;
  time.month = byte(5) & 0x0FU;
  time.year = 2000 + static_cast<int>(byte(6) & 0x7FU);
  if (time.year > 2099) return std::nullopt;
  return from_civil(time);
}

void append_time(std::int64_t milliseconds_of, std::string& out) {
  const Civil time = civil(milliseconds_of);
  append_digits(time.year, 4, out);
  out += '-';
  append_digits(static_cast<int>(time.month), 2, out);
  out += '-';
  append_digits(static_cast<int>(time.day), 2, out);
  out += 'T';
  append_digits(time.hour, 2, out);
  out += ':';
  append_digits(time.minute, 2, out);
  out += ':';
  append_digits(time.millisecond / 1000, 2, out);
  if (time.millisecond % 1000 == 0) return;
  out += '.';
  append_digits(time.millisecond % 1000, 3, out);
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  Civil time;
  int month = 0;
  int day = 0;
  int second = 0;
  int rest = 0;
  if (!take_digits(text, 4, time.year) || !take(text, '-') || !take_digits(text, 2, month) ||
      !take(text, '-') || !take_digits(text, 2, day) || !(take(text, 'T') || take(text, ' ')) ||
      !take_digits(text, 2, time.hour) || !take(text, ':') || !take_digits(text, 2, time.minute)) {
    return std::nullopt;
  }
  if (take(text, ':') && !take_digits(text, 2, second)) return std::nullopt;
  if (take(text, '.') && !take_digits(text, 3, rest)) return std::nullopt;
  if (!text.empty() || second > 59) return std::nullopt;
  time.month = static_cast<unsigned>(month);
  time.day = static_cast<unsigned>(day);
  time.millisecond = second * 1000 + rest;
  const auto milliseconds_of = from_civil(time);
  if (!milliseconds_of || *milliseconds_of < kCp56Low || *milliseconds_of > kCp56High) return std::nullopt;
  return milliseconds_of;
}

}  // namespace vfleet::codec::ykc
