#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/cli/spec.h"

namespace vfleet::cli {

/// A script that completes verbs, options and their words. `shell` is bash or zsh (which loads the bash one).
[[nodiscard]] std::string completion_script(const std::vector<CommandSpec>& commands, std::string_view shell);

}  // namespace vfleet::cli
