#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "control/server/desired_state.h"
#include "simulator/bus/messages.h"

namespace vfleet::control::server {

/// One consistent state of the fleet, cut into parts of about bus::kPartBytes: groups, then rules in revision
/// order. Shared by the workers that join at the same time; the parts' `attempt` is filled in when they are
/// sent.
using Snapshot = std::shared_ptr<const std::vector<bus::SnapshotPart>>;

/// `seq`: the last command whose durable effects `state` holds.
[[nodiscard]] Snapshot take_snapshot(const DesiredState& state, std::uint64_t seq);

/// Sends snapshots no faster than their receivers take them.
class SnapshotFeed {
 public:
  using Send = std::function<void(std::uint32_t shard, const bus::ToWorker&)>;
  explicit SnapshotFeed(Send send) : send_(std::move(send)) {}

  /// Starts over for `shard`.
  void start(std::uint32_t shard, std::uint64_t attempt, Snapshot snapshot);
  /// Grants of another attempt are ignored.
  void granted(std::uint32_t shard, std::uint64_t attempt, std::uint32_t credit);
  void forget(std::uint32_t shard) { sending_.erase(shard); }

 private:
  struct Sending {
    Snapshot snapshot;
    std::uint64_t attempt = 0;
    std::size_t next = 0;
    std::uint64_t credit = bus::kSnapshotCredit;
  };
  void send_more(std::uint32_t shard);

  Send send_;
  std::map<std::uint32_t, Sending> sending_;
};

}  // namespace vfleet::control::server
