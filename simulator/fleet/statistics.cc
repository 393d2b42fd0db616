#include "simulator/fleet/statistics.h"

#include <nlohmann/json.hpp>

#include "simulator/board/figures_json.h"

namespace vfleet::fleet {

std::string statistics(const Shard& shard) {
  const board::Snapshot now = board::Snapshot::of(
      shard.figures().board(),
      // Who has a file has it read by control; only what comes from another host brings its latencies along.
      shard.figures().board().path().empty() ? board::Detail::latencies : board::Detail::figures);
  return board::statistics(now).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vfleet::fleet
