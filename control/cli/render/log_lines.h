#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/output.h"

namespace vfleet::cli {

/// One row of `logs`: `2026-11-21T10:00:01.234Z warn  worker-0 pile-00042: text`, or of a gap
/// `… 12 lines of worker-1 are missing (#100..#111) …`.
[[nodiscard]] std::string render_log_line(const nlohmann::json& row, const Style& style);

}  // namespace vfleet::cli
