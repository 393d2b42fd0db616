#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "simulator/config/threshold.h"

namespace vfleet::control::results {

/// The value of `measure` in a results document: seconds, 1/s, a part or a count. From histograms, so every
/// percentile is exact to their buckets (0.1 %). nullopt when it was not measured: no such report, no
/// platform that tells.
[[nodiscard]] std::optional<double> measured(const nlohmann::json& results, const config::Measure& measure);

/// The same as a part of the reports that were sent, for counts of reports.
[[nodiscard]] std::optional<double> measured_share(const nlohmann::json& results,
                                                   const config::Measure& measure);

/// As people read it: "1.23 ms", "5012/s", "99.5%", "17".
[[nodiscard]] std::string value_text(double value, config::Dimension dimension);

}  // namespace vfleet::control::results
