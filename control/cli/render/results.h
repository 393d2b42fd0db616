#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/output.h"

/// Results documents (docs/results.md) for people.
namespace vfleet::cli {

/// Rates by report, latencies, and a line for each threshold: what follows the summary of a run.
[[nodiscard]] std::string render_results(const nlohmann::json& results, const Style& style);

/// With a head of its own: what `vfleet results` prints.
[[nodiscard]] std::string render_results_now(const nlohmann::json& results, const Style& style);

/// What control::results::compare made.
[[nodiscard]] std::string render_comparison(const nlohmann::json& comparison, const Style& style);

}  // namespace vfleet::cli
