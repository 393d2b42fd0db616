#pragma once

#include <string>

#include "control/metrics/fleet_metrics.h"
#include "control/server/core.h"

namespace vfleet::control::server {

/// What a scrape shows of this control. On the loop; reads no file.
[[nodiscard]] metrics::FleetMetrics gather_metrics(const Core& core, const std::string& run_dir);

}  // namespace vfleet::control::server
