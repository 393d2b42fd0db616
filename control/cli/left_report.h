#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "control/cli/environment.h"

namespace vfleet::cli {

/// A file that a fleet which has ended left in its run directory: the one that `option` (--run-dir) or
/// VFLEET_RUN_DIR names, else the newest of that name in the usual places. Its path; nullopt: there is none,
/// or somebody else's.
[[nodiscard]] std::optional<std::filesystem::path> left_file(const Environment& env,
                                                             const std::optional<std::string>& option,
                                                             const std::filesystem::path& name);

/// The page of its report.
[[nodiscard]] std::optional<std::filesystem::path> left_report(const Environment& env,
                                                               const std::optional<std::string>& option);

}  // namespace vfleet::cli
