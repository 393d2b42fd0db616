#include "control/server/dead_lives.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "simulator/board/directory.h"
#include "simulator/board/figures_json.h"
#include "simulator/board/snapshot.h"

namespace vfleet::control::server {

std::vector<DeadLife> dead_lives(const std::string& run_dir) {
  std::vector<DeadLife> dead;
  for (const board::Entry& entry : board::list(run_dir)) {
    // Asked before the figures are read: what a process counted before it died is in them.
    const bool lives = board::writer_lives(entry.path);
    const auto seen = board::read(entry.path, board::Detail::latencies);
    if (!seen) {
      if (!lives) spdlog::warn("a worker's last figures cannot be read: {}", seen.error().detail);
      continue;
    }
    const bool in_order = seen->state() == board::State::ended;
    if (lives && !in_order) continue;
    const std::uint64_t started =
        seen->get(board::kHeader, board::cell_of(board::kHeaderFields, "started_us"));
    DeadLife life{.path = entry.path,
                  .key = std::to_string(entry.pid) + "." + std::to_string(started),
                  .shard = seen->shard(),
                  .pid = entry.pid,
                  .in_order = in_order,
                  .figures = {}};
    life.figures = board::statistics(*seen).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    dead.push_back(std::move(life));
  }
  return dead;
}

void remove_board(const DeadLife& life) {
  board::remove({.path = life.path, .name = {}, .pid = life.pid});
}

}  // namespace vfleet::control::server
