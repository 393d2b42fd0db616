#pragma once

#include <optional>
#include <string>

#include "control/cli/failure.h"
#include "control/cli/supervise/platform_process.h"
#include "simulator/config/fleet_spec.h"

namespace vfleet::cli {

/// How `up --platform` starts the stand-in: it listens where the uplinks of the fleet file send to (and where
/// `platform.figures` is), unless `more` (options of vfleet-platform, separated by blanks) says otherwise.
/// Fails (usage) when the fleet names no address, or several, or one that is not of this machine.
[[nodiscard]] Outcome<PlatformPlan> platform_plan(const config::FleetSpec& fleet, const std::string& more);

}  // namespace vfleet::cli
