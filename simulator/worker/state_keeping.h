#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "simulator/bus/worker_host.h"
#include "simulator/core/result.h"
#include "simulator/fleet/shard.h"
#include "simulator/state/state_file.h"

namespace vfleet::worker {

/// Gives a shard its state file and says in the log what became of it. The shard is destroyed first.
class StateKeeping {
 public:
  /// The file is DIR/shard-N.state; an empty `dir`: nothing is kept.
  explicit StateKeeping(std::string dir) : dir_(std::move(dir)) {}

  /// A snapshot begins; the first one opens the file. Errors: unavailable, rejected, with what to do.
  [[nodiscard]] Status begin(const bus::Assignment& assignment, fleet::Shard& shard);
  /// The groups are known, new devices not made yet: reserves their space. Errors: unavailable, only when no
  /// device lives, or has lived before.
  [[nodiscard]] Status reserve(fleet::Shard& shard);
  /// The devices live.
  void joined(const fleet::Shard& shard) const;
  /// Now and then: says when state could not be kept.
  void watch(const fleet::Shard& shard);

 private:
  std::string dir_;
  std::unique_ptr<state::StateFile> file_;
  std::uint64_t told_failures_ = 0;
  std::uint64_t told_dropped_ = 0;
};

}  // namespace vfleet::worker
