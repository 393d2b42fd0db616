#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/cli/environment.h"
#include "control/cli/failure.h"
#include "control/cli/spec.h"
#include "simulator/config/catalogue.h"
#include "simulator/config/load_context.h"

namespace vfleet::cli {

/// What `vfleet-worker --describe` prints: device types and uplinks, with no fleet running. Fails when there
/// is no vfleet-worker next to this program, or it does not say that.
[[nodiscard]] Outcome<nlohmann::json> describe_worker(const Environment& env);

/// What loading a file asks of the worker's program beside what `catalogue` says, which outlives it; with
/// --no-worker-check nothing.
[[nodiscard]] config::LoadOptions checked_by_worker(const Environment& env,
                                                    const config::Catalogue& catalogue,
                                                    const Invocation& invocation);
/// That option, for those who use the above.
[[nodiscard]] OptionSpec no_worker_check_option();

/// The same as what loading a fleet file needs of it.
[[nodiscard]] Outcome<config::Catalogue> worker_catalogue(const Environment& env);

}  // namespace vfleet::cli
