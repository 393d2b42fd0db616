#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "simulator/core/result.h"

namespace vfleet::control::report {

/// Writes results.json, junit.xml, series.csv and report.html of a judged results document into `dir`, which
/// is made when it is not there. Each is written aside and renamed. Errors: unavailable, with the file.
[[nodiscard]] Status write_report(const std::string& dir, const nlohmann::json& results);

}  // namespace vfleet::control::report
