#include "simulator/schedule/times_of_day.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <span>

namespace vfleet::schedule {
namespace {

using namespace std::chrono;

/// A leap day is at most eight years away (1896 to 1904, 2096 to 2104).
constexpr days kHorizon{9 * 366};
constexpr std::string_view kBlank = " \t";
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

tl::unexpected<Error> wrong(std::string text) {
  return fail(Errc::invalid_argument, std::move(text));
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  if (text.empty() || text.size() > 4 || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// One of cron's fields.
struct Field {
  std::string_view what;
  int low;
  int high;
  std::span<const std::string_view> names;  // of low, low + 1, ...
};

constexpr std::array<Field, 5> kFields = {{{"minute", 0, 59, {}},
                                           {"hour", 0, 23, {}},
                                           {"day of the month", 1, 31, {}},
                                           {"month", 1, 12, kMonths},
                                           {"weekday", 0, 7, kWeekdays}}};

Result<int> read_one(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (text == field.names[i]) return field.low + static_cast<int>(i);
  }
  const auto value = number(text);
  if (value && *value >= field.low && *value <= field.high) return *value;
  return wrong("the " + std::string(field.what) + " " + quoted(text) + " is not one: expected " +
               std::to_string(field.low) + " to " + std::to_string(field.high) +
               (field.names.empty() ? "" : " or a name such as " + std::string(field.names[1])));
}

/// "*", "5", "8-18", "*/15", "8-18/2", "mon,wed": a bit for each number.
Result<std::uint64_t> read_field(const Field& field, std::string_view text) {
  if (text.empty() || text.front() == ',' || text.back() == ',' || text.find(",,") != std::string_view::npos)
    return wrong("the " + std::string(field.what) + " " + quoted(text) + " has an empty part");
  std::uint64_t bits = 0;
  for (std::string_view part : split(text, ",")) {
    int step = 1;
    const auto slash = part.find('/');
    if (slash != std::string_view::npos) {
      const auto given = number(part.substr(slash + 1));
      if (!given || *given < 1 || *given > field.high)
        return wrong("the step of the " + std::string(field.what) + " " + quoted(part) + " is not one");
      step = *given;
      part = part.substr(0, slash);
    }
    int first = field.low;
    int last = field.what == "weekday" ? 6 : field.high;
    if (part != "*") {
      const auto dash = part.find('-');
      const auto low = read_one(field, part.substr(0, dash));
      if (!low) return tl::unexpected(low.error());
      first = *low;
      if (dash != std::string_view::npos) {
        const auto high = read_one(field, part.substr(dash + 1));
        if (!high) return tl::unexpected(high.error());
        last = *high;
        // Weeks go round: fri-mon, sat-sun.
        if (last < first && field.what == "weekday") last += 7;
        if (last < first)
          return wrong("the " + std::string(field.what) + " " + quoted(part) + " ends before it begins");
      } else if (slash == std::string_view::npos) {
        last = first;
      } else if (field.what == "weekday") {
        first %= 7;  // 7/2 is 0/2: from Sunday on
      }
    }
    for (int i = first; i <= last; i += step)
      bits |= std::uint64_t{1} << (field.what == "weekday" ? i % 7 : i);
  }
  return bits;
}

bool comes(const TimeRule& rule) {
  constexpr std::array<int, 13> kLongest = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (rule.either_day) return true;
  for (int month = 1; month <= 12; ++month) {
    if ((rule.months >> month & 1U) == 0) continue;
    if (std::countr_zero(rule.month_days) <= kLongest[static_cast<std::size_t>(month)]) return true;
  }
  return false;
}

Result<TimeRule> read_cron(const std::vector<std::string_view>& words) {
  std::array<std::uint64_t, 5> bits{};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const auto read = read_field(kFields[i], words[i]);
    if (!read) return tl::unexpected(read.error());
    bits[i] = *read;
  }
  TimeRule rule;
  rule.minutes = bits[0];
  rule.hours = static_cast<std::uint32_t>(bits[1]);
  rule.month_days = static_cast<std::uint32_t>(bits[2]);
  rule.months = static_cast<std::uint16_t>(bits[3]);
  rule.weekdays = static_cast<std::uint8_t>(bits[4]);
  rule.either_day = !words[2].starts_with('*') && !words[4].starts_with('*');
  if (!comes(rule)) return wrong("this day never comes");
  return rule;
}

Result<TimeRule> read_time(const std::vector<std::string_view>& words) {
  const auto time = parse_time_of_day(words.back());
  if (!time) return tl::unexpected(time.error());
  TimeRule rule;
  rule.minutes = std::uint64_t{1} << (*time / 60 % 60);
  rule.hours = std::uint32_t{1} << (*time / 3600);
  rule.second = static_cast<std::uint8_t>(*time % 60);
  rule.month_days = 0xFFFFFFFEU;
  rule.months = 0x1FFEU;
  rule.weekdays = 0x7F;
  if (words.size() == 2) {
    const auto weekdays = read_field(kFields[4], words[0]);
    if (!weekdays) return tl::unexpected(weekdays.error());
    rule.weekdays = static_cast<std::uint8_t>(*weekdays);
  }
  return rule;
}

bool day_matches(const TimeRule& rule, local_days day) {
  const year_month_day date(day);
  if ((rule.months >> static_cast<unsigned>(date.month()) & 1U) == 0) return false;
  const bool by_date = (rule.month_days >> static_cast<unsigned>(date.day()) & 1U) != 0;
  const bool by_week = (rule.weekdays >> weekday(day).c_encoding() & 1U) != 0;
  return rule.either_day ? by_date || by_week : by_date && by_week;
}

/// The first time of the rule on a day that matches, at or after second `from`.
std::optional<seconds> time_in_day(const TimeRule& rule, int from) {
  for (std::uint32_t hours = rule.hours; hours != 0; hours &= hours - 1) {
    const int hour = std::countr_zero(hours);
    if (hour < from / 3600) continue;
    // What is left of this hour: minutes whose second is not over.
    const int rest = std::max(from - hour * 3600 - rule.second, 0);
    const int first = (rest + 59) / 60;
    const std::uint64_t minutes = first >= 60 ? 0 : rule.minutes >> first << first;
    if (minutes != 0) return seconds(hour * 3600 + std::countr_zero(minutes) * 60 + rule.second);
  }
  return std::nullopt;
}

}  // namespace

Result<std::int32_t> parse_time_of_day(std::string_view text) {
  constexpr std::array<int, 3> kHighest = {23, 59, 59};
  constexpr std::array<int, 3> kSeconds = {3600, 60, 1};
  const auto unread = [&] {
    return wrong(quoted(text) + " is not a time of day: expected one such as 06:30 or 06:30:15");
  };
  std::int32_t sum = 0;
  std::size_t i = 0;
  for (std::string_view rest = text;; ++i) {
    const auto colon = rest.find(':');
    const std::string_view part = rest.substr(0, colon);
    const auto value = number(part);
    if (i >= kHighest.size() || part.size() > 2 || !value || *value > kHighest[i]) return unread();
    if (i > 0 && part.size() != 2) return unread();
    sum += *value * kSeconds[i];
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (i == 0) return unread();
  return sum;
}

Result<TimeRule> TimeRule::parse(std::string_view text) {
  const std::vector<std::string_view> words = split(text, kBlank);
  Result<TimeRule> rule = wrong("expected a time of day (06:30, mon-fri 18:00) or cron's five fields");
  if (words.size() == 5) {
    rule = read_cron(words);
  } else if ((words.size() == 1 || words.size() == 2) && words.back().find(':') != std::string_view::npos) {
    rule = read_time(words);
  }
  if (rule) return rule;
  return wrong(quoted(text) + ": " + rule.error().detail);
}

std::optional<local_seconds> TimeRule::first(local_seconds from, local_seconds end) const {
  local_days day = floor<days>(from);
  int second_of_day = static_cast<int>((from - day).count());
  for (; day < end; day += days(1), second_of_day = 0) {
    if (!day_matches(*this, day)) continue;
    if (const auto time = time_in_day(*this, second_of_day)) {
      const local_seconds at = day + *time;
      return at < end ? std::optional(at) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<sys_seconds> next_time(const std::vector<TimeRule>& rules, const DayClock& clock,
                                     sys_seconds after) {
  const auto& spans = clock.spans();
  const sys_seconds horizon = after + kHorizon;
  for (std::size_t i = clock.span_at(after + seconds(1)); i < spans.size(); ++i) {
    const seconds offset = spans[i].offset;
    const seconds before = i == 0 ? offset : spans[i - 1].offset;
    const sys_seconds begin = i == 0 ? after + seconds(1) : std::max(after + seconds(1), spans[i].begin);
    const sys_seconds end = i + 1 < spans.size() ? std::min(spans[i + 1].begin, horizon) : horizon;
    const auto local = [](sys_seconds at, seconds by) { return local_seconds(at.time_since_epoch() + by); };
    std::optional<sys_seconds> best;
    for (const TimeRule& rule : rules) {
      local_seconds from = local(begin, offset);
      if (!rule.every_hour() && i > 0) {
        if (offset > before && begin == spans[i].begin && rule.first(local(begin, before), from))
          return begin;
        from = std::max(from, local(spans[i].begin, std::max(before, offset)));
      }
      if (const auto found = rule.first(from, local(end, offset))) {
        const sys_seconds at(found->time_since_epoch() - offset);
        best = best ? std::min(*best, at) : at;
      }
    }
    if (best || end >= horizon) return best;
  }
  return std::nullopt;
}

}  // namespace vfleet::schedule
