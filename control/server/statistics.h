#pragma once

#include <cstdint>
#include <memory>
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

  /// The latest figures of `shard`. Errors: malformed; the older figures then stay.
  [[nodiscard]] Status update(std::uint32_t shard, std::string_view json);
  /// The worker of `shard` is another process now: its last figures become history. Reports that were in
  /// flight are counted as failed, `worker_lost`.
  void life_ended(std::uint32_t shard);

  struct Presence {
    std::uint64_t devices = 0;
    std::uint64_t online = 0;
  };
  [[nodiscard]] Presence presence(std::uint32_t shard) const;

  /// All shards together, in the form of one worker's figures, with `memory_per_device_bytes`, `lateness_us`
  /// and `ack_latency_us` ({"count","mean","p50","p90","p99","p999","max"}).
  [[nodiscard]] api::JsonText merged() const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace vfleet::control::server
