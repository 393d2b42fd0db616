#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/environment.h"

namespace vfleet::cli {

/// Where run directories are that nobody names.
[[nodiscard]] std::vector<std::filesystem::path> usual_places(const Environment& env);

/// The run directory that is named: by `option`, else by VFLEET_RUN_DIR.
[[nodiscard]] std::optional<std::string> named_run_dir(const Environment& env,
                                                       const std::optional<std::string>& option);

}  // namespace vfleet::cli
