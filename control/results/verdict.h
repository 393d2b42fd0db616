#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace vfleet::control::results {

/// Writes the verdicts into a results document: "thresholds" [{"text","value","shown","passed","why"}], one
/// for each of `texts` (those that cannot be read, and those of what was not measured, did not pass), and
/// "valid" with "invalid_because": the limits of the document against what it says of the generator, and
/// `more` reasons.
void judge(nlohmann::json& results, const std::vector<std::string>& texts,
           const std::vector<std::string>& more = {});

[[nodiscard]] bool is_valid(const nlohmann::json& results);
[[nodiscard]] bool thresholds_passed(const nlohmann::json& results);

}  // namespace vfleet::control::results
