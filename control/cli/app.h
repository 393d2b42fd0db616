#pragma once

#include <string>
#include <vector>

#include "control/cli/environment.h"

namespace vfleet::cli {

/// The whole program but for what the system gives it: reads the words after the program's name, runs the
/// verb, returns the exit status. Never throws.
[[nodiscard]] int run_cli(const Environment& env, const std::vector<std::string>& words);

}  // namespace vfleet::cli
