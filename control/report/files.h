#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "simulator/core/result.h"

namespace vfleet::control::report {

/// Writes results.json, junit.xml, series.csv and report.html of a judged results document into `dir`, which
/// is made when it is not there. Each is written aside and renamed: under its name there is a whole one or
/// none. One that cannot be written does not keep the others from it, and an older file of its name is
/// removed, so that nobody takes it for this run's. Errors: unavailable, with each such file and why.
[[nodiscard]] Status write_report(const std::string& dir, const nlohmann::json& results);

/// Whether files can be written into `dir`, which is made when it is not there: to know it before a run, not
/// after it. Errors: unavailable, with what is in the way.
[[nodiscard]] Status check_report_dir(const std::string& dir);

}  // namespace vfleet::control::report
