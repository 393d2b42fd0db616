#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vfleet::control::report {

/// The series of a results document, a row a point: at_s, seconds, gap (0 or 1), then every column. An empty
/// field is no value.
[[nodiscard]] std::string series_csv(const nlohmann::json& results);

}  // namespace vfleet::control::report
