#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"

/// What the clocks on the walls of a place show, from the system's time zone data (Debian: tzdata).
namespace vfleet {

/// From `begin` on, local time is UTC plus `offset`, until the next span begins.
struct ZoneSpan {
  std::chrono::sys_seconds begin;
  std::chrono::seconds offset;

  friend bool operator==(const ZoneSpan&, const ZoneSpan&) = default;
};

/// The spans of a zone between two moments, in order: the first begins at `from`, the others where the offset
/// changes. Zones have the names of the IANA data ("Asia/Shanghai"); "UTC" needs no data. Reads a file.
/// Errors: not_found, naming the zone and what to do.
[[nodiscard]] Result<std::vector<ZoneSpan>> zone_spans(std::string_view zone, std::chrono::sys_seconds from,
                                                       std::chrono::sys_seconds to);

}  // namespace vfleet
