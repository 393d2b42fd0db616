#pragma once

#include <string>

#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// The worker's figures as JSON; see "Statistics" in docs/control-protocol.md. The gauges are as old as
/// Gauges::refresh() left them.
[[nodiscard]] std::string statistics(const Shard& shard);

}  // namespace vfleet::fleet
