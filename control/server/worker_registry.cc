#include "control/server/worker_registry.h"

#include <algorithm>

namespace vfleet::control::server {

WorkerRegistry::WorkerRegistry(std::uint32_t shards) : workers_(shards) {
  for (std::uint32_t shard = 0; shard < shards; ++shard) workers_[shard].shard = shard;
}

bool WorkerRegistry::joined(std::uint32_t shard, std::int64_t pid, std::uint64_t boot, TimePoint now) {
  Worker& worker = workers_[shard];
  // A first join that is repeated has no boot yet, but the same pid. A worker that outlived its control has
  // a boot, and no other process has shown itself with that.
  const bool outlived = worker.state == ShardState::absent && boot > 0 && boot >= worker.boot;
  if (outlived) {
    worker.boot = boot;
    worker.pid = pid;
  }
  const bool same = worker.boot > 0 && worker.pid == pid && (boot == 0 || boot == worker.boot);
  const bool fresh = !same;
  if (fresh) {
    // A worker that outlived its control brings its boot along: numbers never go back.
    worker.boot = std::max(worker.boot + 1, boot);
    worker.pid = pid;
  }
  worker.applied = 0;
  worker.state = ShardState::joining;
  worker.heard = worker.moved = now;
  return fresh;
}

bool WorkerRegistry::alive(std::uint32_t shard, std::uint64_t applied, bool ready, TimePoint now) {
  Worker& worker = workers_[shard];
  worker.heard = now;
  if (worker.state == ShardState::absent || worker.state == ShardState::stopped) return false;
  progressed(shard, applied, now);
  if (!ready || worker.state == ShardState::live) return false;
  // A lagging worker is live again once it moves; progressed() has seen to that.
  if (worker.state == ShardState::lagging) return false;
  worker.state = ShardState::live;
  worker.moved = now;
  return true;
}

void WorkerRegistry::progressed(std::uint32_t shard, std::uint64_t applied, TimePoint now) {
  Worker& worker = workers_[shard];
  worker.heard = now;
  if (applied <= worker.applied) return;
  worker.applied = applied;
  worker.moved = now;
  if (worker.state == ShardState::lagging) worker.state = ShardState::live;
}

std::vector<WorkerRegistry::Change> WorkerRegistry::look(std::uint64_t published, TimePoint now) {
  std::vector<Change> changes;
  for (Worker& worker : workers_) {
    const ShardState before = worker.state;
    const bool expected =
        before == ShardState::joining || before == ShardState::live || before == ShardState::lagging;
    if (!expected) continue;
    if (worker.applied >= published) worker.moved = now;
    if (now - worker.heard > kLost) {
      worker.state = ShardState::lost;
    } else if (before == ShardState::live && now - worker.moved > kLagging) {
      worker.state = ShardState::lagging;
    } else if (before == ShardState::lagging && worker.applied >= published) {
      worker.state = ShardState::live;
    }
    if (worker.state != before) changes.push_back({worker.shard, worker.state});
  }
  return changes;
}

std::uint64_t WorkerRegistry::slowest_live() const {
  std::uint64_t slowest = UINT64_MAX;
  for (const Worker& worker : workers_) {
    if (worker.state == ShardState::live) slowest = std::min(slowest, worker.applied);
  }
  return slowest;
}

std::vector<std::uint32_t> WorkerRegistry::answering() const {
  std::vector<std::uint32_t> out;
  for (const Worker& worker : workers_) {
    if (worker.state == ShardState::live || worker.state == ShardState::lagging) out.push_back(worker.shard);
  }
  return out;
}

}  // namespace vfleet::control::server
