#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/schedule/day_clock.h"

namespace vfleet::schedule {

/// "06:30" or "06:30:15" as seconds of the day. Errors: invalid_argument.
[[nodiscard]] Result<std::int32_t> parse_time_of_day(std::string_view text);

/// Local times that come again: a row of cron, with a second.
struct TimeRule {
  std::uint64_t minutes = 0;     ///< bits 0 .. 59
  std::uint32_t hours = 0;       ///< bits 0 .. 23
  std::uint32_t month_days = 0;  ///< of the month, bits 1 .. 31
  std::uint16_t months = 0;      ///< bits 1 .. 12
  std::uint8_t weekdays = 0;     ///< bits 0 (Sunday) .. 6
  std::uint8_t second = 0;
  bool either_day = false;  ///< cron's: both kinds of day are given, and one of them is enough

  /// Takes "06:30", "06:30:15", "mon-fri 18:00", "sat,sun 09:00", or cron's five fields: minute, hour, day of
  /// the month, month, weekday (0 and 7 are Sunday), each `*`, numbers, names, ranges, steps and lists of
  /// them. Errors: invalid_argument; the text says what was expected. A rule that never comes (31 February)
  /// is one.
  [[nodiscard]] static Result<TimeRule> parse(std::string_view text);

  [[nodiscard]] bool every_hour() const { return hours == 0xFFFFFFU; }
  /// The first of its times at or after `from` and before `end`.
  [[nodiscard]] std::optional<std::chrono::local_seconds> first(std::chrono::local_seconds from,
                                                                std::chrono::local_seconds end) const;

  friend bool operator==(const TimeRule&, const TimeRule&) = default;
};

/// The first moment after `after` at which a rule is due; nothing when there is none in the next nine years.
///
/// Where the local clock is set forward, a time of day that is left out is due when the clock jumps. Where it
/// is set back, a time that comes twice is due the first time only. Rules of every hour (cron's `*`) go on by
/// the hour as it passes: nothing is made up for, and both of the hours count.
[[nodiscard]] std::optional<std::chrono::sys_seconds> next_time(const std::vector<TimeRule>& rules,
                                                                const DayClock& clock,
                                                                std::chrono::sys_seconds after);

}  // namespace vfleet::schedule
