#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control/results/recorder.h"
#include "simulator/config/fleet_spec.h"
#include "simulator/core/result.h"

namespace vfleet::control::results {

inline constexpr const char* kFormat = "vfleet-results/2";
/// Its readers take this, too: parse_results() makes the new one of it.
inline constexpr const char* kFormatBefore = "vfleet-results/1";
inline constexpr std::size_t kResultsBytesMax = std::size_t{256} << 20U;

/// What a recorder does not know.
struct RunFacts {
  std::string fleet;
  std::uint64_t seed = 0;
  std::string version;
  std::uint64_t devices = 0;
  std::uint64_t workers = 0;
  config::Limits limits;
  bool running = true;
};

/// results.json as docs/results.md has it, without verdicts: see judge().
[[nodiscard]] nlohmann::json make_document(const Recorder& recorder, const RunFacts& facts);

/// {"count","mean","p50","p90","p99","p999","max","unit":"us","hist":HIST}
[[nodiscard]] nlohmann::json summary_of(const metrics::Histogram& histogram);

/// Reads a results.json, whoever wrote it: what is in it may be anything, but it is an object of our format.
/// One of kFormatBefore comes out as one of kFormat: what was dropped is no longer among the lost, and what
/// was not measured then is not there.
/// Errors: malformed, too_large, invalid_argument (another format).
[[nodiscard]] Result<nlohmann::json> parse_results(std::string_view text);

/// "2026-11-21T10:28:53Z"
[[nodiscard]] std::string utc_text(std::int64_t wall_us);

}  // namespace vfleet::control::results
