#include "simulator/fleet/statistics.h"

#include <nlohmann/json.hpp>

#include "simulator/board/figures_json.h"

namespace vfleet::fleet {

std::string statistics(const Shard& shard) {
  const board::Snapshot now = board::Snapshot::of(shard.figures().board());
  return board::statistics(now).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vfleet::fleet
