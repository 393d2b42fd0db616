#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/cli/environment.h"
#include "control/cli/failure.h"
#include "simulator/config/catalogue.h"

namespace vfleet::cli {

/// What `vfleet-worker --describe` prints: device types and uplinks, with no fleet running. Fails when there
/// is no vfleet-worker next to this program, or it does not say that.
[[nodiscard]] Outcome<nlohmann::json> describe_worker(const Environment& env);

/// The same as what loading a fleet file needs of it.
[[nodiscard]] Outcome<config::Catalogue> worker_catalogue(const Environment& env);

}  // namespace vfleet::cli
