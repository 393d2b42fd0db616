#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/output.h"

/// The fleet's figures, as the verb `status` gives them.
namespace vfleet::cli {

/// `vfleet status`: fleet, workers, devices, reports, latencies, platform.
[[nodiscard]] std::string render_status(const nlohmann::json& status, const Style& style);

/// Its part about reports, latencies and the platform, when there is one.
[[nodiscard]] std::string render_figures(const nlohmann::json& status, const Style& style);

/// "online 640/1000"
[[nodiscard]] std::string online_line(const nlohmann::json& status);

/// Turns two answers of `status` into a line a second:
/// "online 1000/1000 | 512 sent/s | 511 acked/s | p99 late 1.2 ms | 3 not sent | 0 failed"
class RateLine {
 public:
  /// `seconds` since the line before; 0 for the first.
  [[nodiscard]] std::string next(const nlohmann::json& status, double seconds);

 private:
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
};

/// Microseconds as people read them: "850 us", "1.2 ms", "3.4 s".
[[nodiscard]] std::string latency_text(std::uint64_t us);
/// "13.4 KiB"
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
/// All numbers of an object added up.
[[nodiscard]] std::uint64_t total(const nlohmann::json& counts);
/// "12 (offline 10, paused 2)"; "0" when there are none.
[[nodiscard]] std::string by_reason(const nlohmann::json& counts);
/// by_reason(), with what the platform said to those it refused: "12 (refused 10: HTTP 503 8, HTTP 429 2;
/// timed_out 2)". `refused_by` may be empty.
[[nodiscard]] std::string failures(const nlohmann::json& counts, const nlohmann::json& refused_by);
/// The `part` (0..1) quantile of figures[name], in microseconds: from its summary, else from its histogram.
[[nodiscard]] std::uint64_t quantile_us(const nlohmann::json& figures, const std::string& name, double part);

}  // namespace vfleet::cli
