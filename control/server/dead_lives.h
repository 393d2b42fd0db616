#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vfleet::control::server {

/// A worker life that is over, as its board tells.
struct DeadLife {
  std::string path;
  std::string key;  ///< names this life among all of the run
  std::uint32_t shard = 0;
  std::int64_t pid = 0;
  bool in_order = false;  ///< it had stopped its devices and said so
  std::string figures;    ///< as the worker would have sent them
};

/// The lives whose boards lie in the run directory and whose processes have died or have ended in order. A
/// file that is no board is left out, with a word in the log.
[[nodiscard]] std::vector<DeadLife> dead_lives(const std::string& run_dir);

void remove_board(const DeadLife& life);

}  // namespace vfleet::control::server
