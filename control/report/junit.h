#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vfleet::control::report {

/// A judged results document as JUnit XML, for what shows tests: a case for each threshold, and one for
/// whether the results are valid. Thresholds of invalid results are errors, not failures: nothing was shown.
[[nodiscard]] std::string junit_xml(const nlohmann::json& results);

}  // namespace vfleet::control::report
