#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "control/api/request.h"
#include "simulator/core/result.h"

namespace vfleet::control::server {

/// What workers report of themselves each second, and the whole fleet's figures. Counters of a worker life
/// that ended stay in the sum, so a restarted worker takes nothing away.
class Statistics {
 public:
  Statistics();
  ~Statistics();
  Statistics(Statistics&&) noexcept;
  Statistics& operator=(Statistics&&) noexcept;

  /// From now on the boards in the run directory tell of lives that ended, and what has become of them is
  /// kept there (RUN_DIR/board/past.json), so that a control that is started again goes on with the account.
  /// `resume`: this is such a control; else what is there is of an older run and is removed.
  void keep_in(std::string run_dir, bool resume);

  /// The latest figures of `shard`. Errors: malformed; the older figures then stay.
  [[nodiscard]] Status update(std::uint32_t shard, std::string_view json);
  /// The worker of `shard` is another process now: its last figures become history, those of its board when
  /// there is one (they hold what it counted until it died), else what it sent last. Reports that were in
  /// flight are counted as failed, `worker_lost`.
  void life_ended(std::uint32_t shard);
  /// The same for every worker that died without being replaced; for the final account.
  void take_in_the_dead();

  struct Presence {
    std::uint64_t devices = 0;
    std::uint64_t online = 0;
  };
  [[nodiscard]] Presence presence(std::uint32_t shard) const;

  /// What one worker told last, of itself.
  struct Usage {
    std::uint64_t devices = 0;
    std::uint64_t online = 0;
    std::uint64_t rss_bytes = 0;
    std::uint64_t cpu_us = 0;
    double utilisation = 0;
  };
  [[nodiscard]] Usage usage(std::uint32_t shard) const;

  /// All shards together, in the form of one worker's figures, with `memory_per_device_bytes`, `lateness_us`
  /// and `ack_latency_us` ({"count","mean","p50","p90","p99","p999","max"}).
  [[nodiscard]] api::JsonText merged() const;

 private:
  void fold(std::string_view figures);
  /// Whether a board told of a life of `shard`.
  bool fold_boards(std::optional<std::uint32_t> shard);

  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace vfleet::control::server
