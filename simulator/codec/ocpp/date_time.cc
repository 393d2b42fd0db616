#include "simulator/codec/ocpp/date_time.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace vfleet::codec::ocpp {
namespace {

using namespace std::chrono;

constexpr WallTime kFirst{sys_days{year{0} / 1 / 1}};
constexpr WallTime kLast = WallTime{sys_days{year{10000} / 1 / 1}} - microseconds(1);

void put(char*& at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  at += digits;
}

/// Takes exactly `digits` digits from the front.
bool take(std::string_view& text, int digits, int& value) {
  if (text.size() < static_cast<std::size_t>(digits)) return false;
  value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(digits));
  return true;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Behind the seconds: ".123456789"; false when there is a point without a digit.
bool take_fraction(std::string_view& text, microseconds& fraction) {
  if (!take_one_of(text, ".")) return true;
  int digits = 0;
  std::int64_t value = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 6) value = value * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  for (int i = digits; i < 6; ++i) value *= 10;
  fraction = microseconds(value);
  return digits > 0;
}

/// "Z", "+08:00", "+0800", "+08" or nothing.
bool take_zone(std::string_view& text, minutes& offset, bool& zone) {
  zone = !text.empty();
  if (text.empty() || take_one_of(text, "Zz")) return true;
  const bool west = text.front() == '-';
  int hour = 0;
  int minute = 0;
  if (!take_one_of(text, "+-") || !take(text, 2, hour)) return false;
  const bool colon = take_one_of(text, ":");
  if ((colon || !text.empty()) && !take(text, 2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  offset = minutes(hour * 60 + minute) * (west ? -1 : 1);
  return true;
}

}  // namespace

void write_date_time(json::Writer& writer, WallTime time, int fraction_digits) {
  time = std::clamp(time, kFirst, kLast);
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 32> text;
  char* at = text.data();
  put(at, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *at++ = '-';
  put(at, static_cast<unsigned>(date.month()), 2);
  *at++ = '-';
  put(at, static_cast<unsigned>(date.day()), 2);
  *at++ = 'T';
  put(at, static_cast<unsigned>(clock.hours().count()), 2);
  *at++ = ':';
  put(at, static_cast<unsigned>(clock.minutes().count()), 2);
  *at++ = ':';
  put(at, static_cast<unsigned>(clock.seconds().count()), 2);
  if (fraction_digits > 0) {
    *at++ = '.';
    auto fraction = static_cast<unsigned>(clock.subseconds().count());
    for (int i = fraction_digits; i < 6; ++i) fraction /= 10;
    put(at, fraction, fraction_digits);
  }
  *at++ = 'Z';
  writer.text({text.data(), static_cast<std::size_t>(at - text.data())});
}

std::optional<DateTime> read_date_time(std::string_view text) {
  int y = 0;
  int m = 0;
  int d = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  microseconds fraction{};
  minutes offset{};
  DateTime out;
  if (!take(text, 4, y) || !take_one_of(text, "-") || !take(text, 2, m) || !take_one_of(text, "-") ||
      !take(text, 2, d))
    return std::nullopt;
  if (!take_one_of(text, "Tt ") || !take(text, 2, hour) || !take_one_of(text, ":") || !take(text, 2, minute))
    return std::nullopt;
  if (!take_one_of(text, ":") || !take(text, 2, second) || !take_fraction(text, fraction))
    return std::nullopt;
  if (!take_zone(text, offset, out.zone) || !text.empty()) return std::nullopt;
  const year_month_day date = year{y} / month{static_cast<unsigned>(m)} / day{static_cast<unsigned>(d)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const WallTime whole = WallTime{sys_days{date}} + hours(hour) + minutes(minute) - offset;
  // A leap second is the last of a day, UTC.
  if (second == 60 && whole - floor<days>(whole) != hours(23) + minutes(59)) return std::nullopt;
  out.at = whole + seconds(second) + fraction;
  return out;
}

}  // namespace vfleet::codec::ocpp
