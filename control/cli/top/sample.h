#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "simulator/core/time.h"

/// What `vfleet top` shows, read from the boards of a run directory: no worker and no control is asked.
namespace vfleet::cli {

/// A group's cells in one worker.
struct GroupCounts {
  std::uint64_t devices = 0;
  std::uint64_t online = 0;
  std::uint64_t paused = 0;
  std::uint64_t sent = 0;
  std::uint64_t acked = 0;
  std::uint64_t failed = 0;
  std::uint64_t not_sent = 0;
  std::uint64_t late = 0;
  std::vector<std::uint64_t> lateness;  ///< counts of board::Coarse's buckets; may be empty

  void add(const GroupCounts& other);
  /// What has come since `before`: counters are differences (those that fell count whole), gauges stay.
  [[nodiscard]] GroupCounts since(const GroupCounts& before) const;
};

/// A worker life.
struct WorkerLife {
  std::string name;
  std::int64_t pid = 0;
  std::uint64_t boot = 0;
  std::uint32_t shard = 0;
  std::string state;  ///< starting running ended dead silent; or what control says of a shard without a board
  bool has_board = true;
  std::uint64_t rss_bytes = 0;
  std::uint64_t utilisation_ppm = 0;  ///< of one core
  std::uint64_t open_fds = 0;
  std::uint64_t loop_turn_max_us = 0;
  GroupCounts total;
  std::map<std::string, GroupCounts> groups;

  [[nodiscard]] bool lives() const { return state != "ended" && state != "dead"; }
};

struct TopSample {
  TimePoint at;
  WallTime wall;
  std::string fleet;
  std::uint32_t shards = 0;                   ///< as workers know it; 0 when none does yet
  std::map<std::string, WorkerLife> workers;  ///< by what names a life
  std::vector<std::string> problems;          ///< files that could not be read
};

/// Gauges are refreshed each second: a worker that did not for so long is stopped or drowned.
inline constexpr Duration kSilentAfter = std::chrono::seconds(4);

[[nodiscard]] TopSample read_boards(const std::string& run_dir, TimePoint now, WallTime wall);

/// Adds those shards of the answer to `status` that have no board here: they run on other hosts.
void add_other_shards(TopSample& sample, const nlohmann::json& status);

enum class TopSort : std::uint8_t { name, devices, sent, late, failed, memory, cpu };

/// {"fleet","at_us","interval_s","total":{},"groups":[{}],"workers":[{}],"problems":[]}: gauges of `now`,
/// rates and p99 of the time since `before` (a life that was not there then: since its begin). Sorted by
/// `sort`, largest first; by name for equals.
[[nodiscard]] nlohmann::json top_document(const TopSample& before, const TopSample& now, TopSort sort);

}  // namespace vfleet::cli
