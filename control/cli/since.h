#pragma once

#include <cstdint>
#include <string_view>

#include "control/cli/failure.h"
#include "simulator/core/time.h"

namespace vfleet::cli {

/// "5min" (ago), "now", or a time in UTC: "2026-11-21", "2026-11-21T10:00", "2026-11-21T10:00:00.5Z". As
/// microseconds of wall clock, 0 at least. Fails with usage.
[[nodiscard]] Outcome<std::int64_t> parse_since(std::string_view text, WallTime now);

}  // namespace vfleet::cli
