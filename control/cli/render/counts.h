#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control/cli/output.h"

namespace vfleet::cli {

/// What became of a command, from its result frame with "verb" in it:
///   set: 400 matched, 398 applied, 2 rejected (2 of 2 workers, revision 17)
///     pile-00042: offline
[[nodiscard]] std::string render_counts(const nlohmann::json& result, const Style& style);

/// "set: 1 of 2 workers answered, 398 devices applied", from a progress frame.
[[nodiscard]] std::string progress_line(std::string_view verb, const nlohmann::json& progress);

}  // namespace vfleet::cli
