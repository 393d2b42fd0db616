#pragma once

#include <optional>
#include <string_view>

#include "simulator/codec/json/writer.h"
#include "simulator/core/time.h"

namespace vfleet::codec::ocpp {

/// Writes "2026-03-01T08:00:00Z" as a JSON string, with `fraction_digits` (0..6) of a second, cut off, not
/// rounded. Times outside of the years 0 to 9999 are written as the nearest that is inside.
void write_date_time(json::Writer& writer, WallTime time, int fraction_digits = 0);

struct DateTime {
  WallTime at;       ///< UTC; what is finer than microseconds is cut off
  bool zone = true;  ///< false: neither Z nor an offset was given, and it was taken for UTC
};

/// ISO 8601 as RFC 3339 narrows it: 2026-03-01T08:00:00, an optional fraction of any length, then Z or an
/// offset (+08:00, also +0800 and +08). `T` and `Z` may be small, a space may stand for `T`. A leap second is
/// the first of the next day. nullopt for everything else. No allocation.
[[nodiscard]] std::optional<DateTime> read_date_time(std::string_view text);

}  // namespace vfleet::codec::ocpp
