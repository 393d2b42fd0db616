#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "control/server/core.h"

namespace vfleet::control::server {

/// Talks with workers: joins, snapshots, tails, life signs, answers. Bytes that are no message are counted
/// and dropped.
class WorkerDesk {
 public:
  /// `core` must outlive this.
  explicit WorkerDesk(Core& core) : core_(core), joins_(core.registry.shards()) {}

  void receive(std::string_view identity, std::string_view letter, std::string_view body);
  /// Worker states, and what hangs on them; call every 50 ms or so.
  void tick();
  /// Called when a worker has said End.
  void on_end(std::function<void()> ended) { ended_ = std::move(ended); }
  /// Called with the lines of a worker that takes part.
  void on_logs(std::function<void(std::uint32_t shard, const bus::LogLines& logs)> logs) {
    logs_ = std::move(logs);
  }
  /// From now on no worker is taken any more.
  void close() { closed_ = true; }

  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

 private:
  void take(std::uint32_t shard, const bus::Join& join);
  void take(std::uint32_t shard, const bus::Grant& grant);
  void take(std::uint32_t shard, const bus::TailRequest& request);
  void take(std::uint32_t shard, const bus::CommandResult& result);
  void take(std::uint32_t shard, const bus::Alive& alive);
  void take(std::uint32_t shard, const bus::Statistics& statistics);
  void take(std::uint32_t shard, const bus::QueryRows& rows);
  void take(std::uint32_t shard, const bus::LogLines& logs);
  void take(std::uint32_t shard, const bus::End& end);

  void welcome(std::uint32_t shard, std::uint64_t attempt);
  void deny(std::uint32_t shard, const std::string& reason);
  /// Whether `shard` took part before: only then is what it says heard.
  [[nodiscard]] bool is_member(std::uint32_t shard) const;
  void left(std::uint32_t shard);
  void note_malformed(std::string_view identity, const std::string& why);
  [[nodiscard]] const Snapshot& snapshot();

  struct LastJoin {
    std::uint64_t attempt = 0;
    std::uint64_t boot_kept = 0;  // by the journal
  };

  Core& core_;
  std::vector<LastJoin> joins_;  // by shard
  std::function<void()> ended_;
  std::function<void(std::uint32_t, const bus::LogLines&)> logs_;
  bool closed_ = false;
  std::uint64_t malformed_ = 0;
  Snapshot snapshot_;  // of snapshot_seq_: workers that join together share it
  std::uint64_t snapshot_seq_ = 0;
  std::uint64_t snapshot_revision_ = 0;
};

}  // namespace vfleet::control::server
