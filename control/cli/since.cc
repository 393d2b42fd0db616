#include "control/cli/since.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "simulator/core/units.h"

namespace vfleet::cli {
namespace {

/// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1970) return std::nullopt;
  std::int64_t us = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000'000};
  if (text.empty()) return us;
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  us += (*hour * std::int64_t{3600} + *minute * std::int64_t{60}) * 1'000'000;
  if (take(text, ':')) {
    const auto second = take_number(text, 2);
    if (!second || *second > 59) return std::nullopt;
    us += *second * std::int64_t{1'000'000};
    if (take(text, '.')) {
      std::int64_t digit_us = 100'000;
      if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
           text.remove_prefix(1), digit_us /= 10)
        us += (text.front() - '0') * digit_us;
    }
  }
  take(text, 'Z');
  if (!text.empty()) return std::nullopt;
  return us;
}

}  // namespace

Outcome<std::int64_t> parse_since(std::string_view text, WallTime now) {
  if (text == "now") return to_us(now);
  if (const auto ago = parse_duration(text); ago && *ago >= Duration::zero())
    return std::max<std::int64_t>(0, to_us(now) - to_us(*ago));
  if (const auto at = parse_time(text)) return *at;
  return wrong_usage(fmt::format("--since takes 5min, 2026-11-21T10:00:00 (UTC) or now, not '{}'", text));
}

}  // namespace vfleet::cli
