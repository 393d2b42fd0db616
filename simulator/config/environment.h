#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::config {

/// Replaces ${NAME} and ${NAME:-default} (used when NAME is not set or empty); $$ is a dollar sign, a $
/// before anything else stands for itself. A default holds no '}' and is not expanded again. Errors:
/// invalid_argument.
[[nodiscard]] Result<std::string> expand_environment(
    std::string_view text,
    const std::function<std::optional<std::string>(const std::string& name)>& environment);

}  // namespace vfleet::config
