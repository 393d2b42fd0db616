#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/time.h"

namespace vfleet::control::server {

enum class ShardState : std::uint8_t {
  absent,   ///< never seen
  joining,  ///< taking the snapshot
  live,
  lagging,  ///< behind and not moving: it holds nobody up
  lost,     ///< silent; whoever supervises it starts it again
  stopped,  ///< ended in order
};

[[nodiscard]] constexpr std::string_view to_string(ShardState state) {
  switch (state) {
    case ShardState::absent:
      return "absent";
    case ShardState::joining:
      return "joining";
    case ShardState::live:
      return "live";
    case ShardState::lagging:
      return "lagging";
    case ShardState::lost:
      return "lost";
    case ShardState::stopped:
      return "stopped";
  }
  return "unknown";
}

struct Worker {
  std::uint32_t shard = 0;
  std::int64_t pid = 0;
  ShardState state = ShardState::absent;
  std::uint64_t boot = 0;     ///< how many lives this shard had
  std::uint64_t applied = 0;  ///< every command up to here
  TimePoint heard{};
  TimePoint moved{};  ///< when `applied` last rose, or when there was nothing to do
};

/// What control knows of its workers, one a shard.
class WorkerRegistry {
 public:
  /// A second without progress, and half of one because an idle worker only reports each second.
  static constexpr Duration kLagging = std::chrono::milliseconds(1500);
  static constexpr Duration kLost = std::chrono::seconds(3);

  explicit WorkerRegistry(std::uint32_t shards);

  [[nodiscard]] std::uint32_t shards() const { return static_cast<std::uint32_t>(workers_.size()); }
  [[nodiscard]] bool knows(std::uint32_t shard) const { return shard < workers_.size(); }
  [[nodiscard]] const Worker& at(std::uint32_t shard) const { return workers_[shard]; }
  [[nodiscard]] const std::vector<Worker>& all() const { return workers_; }

  /// An earlier control gave `shard` boots up to this.
  void had_lives(std::uint32_t shard, std::uint64_t boots) { workers_[shard].boot = boots; }
  /// A worker asks for the snapshot; `boot` is what it was given before in this life, or 0. Returns whether
  /// this is a new life. The life that an earlier control knew, and that this one has not heard of, goes on.
  bool joined(std::uint32_t shard, std::int64_t pid, std::uint64_t boot, TimePoint now);
  /// It reports where it is; `ready`: the snapshot is applied. Returns whether it became live by this.
  bool alive(std::uint32_t shard, std::uint64_t applied, bool ready, TimePoint now);
  /// It answered command `seq`.
  void progressed(std::uint32_t shard, std::uint64_t applied, TimePoint now);
  void heard(std::uint32_t shard, TimePoint now) { workers_[shard].heard = now; }
  void stopped(std::uint32_t shard) { workers_[shard].state = ShardState::stopped; }

  struct Change {
    std::uint32_t shard;
    ShardState state;
  };
  /// Finds who is lagging or lost; call often. `published`: the last command handed to the socket.
  [[nodiscard]] std::vector<Change> look(std::uint64_t published, TimePoint now);

  /// The lowest `applied` of the live ones; UINT64_MAX when none is.
  [[nodiscard]] std::uint64_t slowest_live() const;
  /// Live and lagging ones: they will answer.
  [[nodiscard]] std::vector<std::uint32_t> answering() const;

 private:
  std::vector<Worker> workers_;
};

}  // namespace vfleet::control::server
