#pragma once

#include <functional>

#include "simulator/fleet/shard.h"
#include "simulator/loop/event_loop.h"

namespace vfleet::fleet {

/// What the board says of the process (memory, CPU, descriptors) and of what keeps its own counts (uplinks,
/// configurations): brought up to date once a second, since asking costs system calls.
class Gauges {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(1);

  explicit Gauges(Shard& shard) : shard_(shard), timer_(shard.loop(), [this] { again(); }) {}

  void refresh();
  /// refresh() each second from now on. `longest_turn` tells the loop's longest turn since it was asked
  /// before.
  void keep_fresh(std::function<Duration()> longest_turn);

 private:
  void again();

  Shard& shard_;
  loop::CallbackTimer timer_;
  std::function<Duration()> longest_turn_;
  TimePoint at_{};
  std::uint64_t cpu_us_ = 0;
};

}  // namespace vfleet::fleet
