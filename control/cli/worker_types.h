#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/cli/environment.h"
#include "control/cli/failure.h"

namespace vfleet::cli {

/// What `vfleet-worker --describe` prints: device types and uplinks, with no fleet running. Fails when there
/// is no vfleet-worker next to this program, or it does not say that.
[[nodiscard]] Outcome<nlohmann::json> describe_worker(const Environment& env);

/// The JSON Schema of fleet files and profiles, for editors.
[[nodiscard]] Outcome<nlohmann::json> fleet_json_schema(const Environment& env);

}  // namespace vfleet::cli
