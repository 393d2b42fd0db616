#pragma once

#include <nlohmann/json_fwd.hpp>

#include "simulator/board/snapshot.h"

namespace vfleet::board {

/// "statistics" of docs/control-protocol.md: what a worker tells of itself each second, from its cells. The
/// same for the living and, read from a file, for the dead. `latencies` only of a snapshot that has them.
[[nodiscard]] nlohmann::json statistics(const Snapshot& board);

/// Everything, as the layout names it: {"header":{...},"shard":{...},"reports":[{...}],...}. Rows without a
/// name are left out, buckets are [[index,count],...]. For people who look into a board, and for tests.
[[nodiscard]] nlohmann::json dump(const Snapshot& board);

}  // namespace vfleet::board
