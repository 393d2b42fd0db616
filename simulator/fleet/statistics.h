#pragma once

#include <string>

#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// The worker's figures as JSON; see "Statistics" in docs/control-protocol.md. Asks the process for its
/// memory and CPU time. `previous` keeps what utilisation is computed from between two calls.
struct StatisticsState {
  TimePoint at;
  std::uint64_t cpu_us = 0;
};
[[nodiscard]] std::string statistics(const Shard& shard, StatisticsState& previous);

}  // namespace vfleet::fleet
