#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "control/cli/environment.h"

namespace vfleet::cli {

/// The report of a fleet that has ended, in its run directory: the one that `option` (--run-dir) or
/// VFLEET_RUN_DIR names, else the newest in the usual places. Its page's path; nullopt: there is none, or
/// somebody else's.
[[nodiscard]] std::optional<std::filesystem::path> left_report(const Environment& env,
                                                               const std::optional<std::string>& option);

}  // namespace vfleet::cli
