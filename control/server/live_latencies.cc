#include "control/server/live_latencies.h"

#include <algorithm>
#include <filesystem>

#include "simulator/board/directory.h"
#include "simulator/board/snapshot.h"

namespace vfleet::control::server {

LiveLatencies read_live_latencies(const std::string& run_dir) {
  LiveLatencies out;
  if (run_dir.empty()) return out;
  for (const board::Entry& entry : board::list(run_dir)) {
    const auto seen = board::read(entry.path, board::Detail::latencies);
    if (!seen) continue;  // it has just gone, or is none
    out.boards.push_back(entry.path);
    for (const board::Latency& row : seen->latencies()) out.rows[row.name].merge(row.times);
  }
  return out;
}

bool still_live(const LiveLatencies& latencies) {
  return std::all_of(latencies.boards.begin(), latencies.boards.end(), [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  });
}

}  // namespace vfleet::control::server
