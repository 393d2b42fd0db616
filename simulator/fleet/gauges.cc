#include "simulator/fleet/gauges.h"

#include <map>
#include <string>

#include "simulator/metrics/process.h"

namespace vfleet::fleet {

using board::cell_of;

void Gauges::refresh() {
  board::Board& board = shard_.figures().board();
  const auto set = [&board](std::uint32_t offset, std::uint64_t value) {
    board.cell(board::kProcess, offset).set(value);
  };
  const TimePoint now = shard_.loop().now();
  const std::uint64_t cpu_us = metrics::own_cpu_us();
  if (cpu_us_ == 0) {
    at_ = now;
    cpu_us_ = cpu_us;
  } else if (now - at_ >= kEvery / 2) {
    // Over at least half a second: a shorter one says little.
    set(cell_of(board::kProcessFields, "utilisation"),
        (cpu_us - cpu_us_) * 1'000'000 / static_cast<std::uint64_t>(to_us(now - at_)));
    at_ = now;
    cpu_us_ = cpu_us;
  }
  set(cell_of(board::kProcessFields, "cpu_us"), cpu_us);
  set(cell_of(board::kProcessFields, "rss_bytes"), metrics::own_rss_bytes());
  set(cell_of(board::kProcessFields, "open_fds"), metrics::own_open_descriptors());
  set(cell_of(board::kProcessFields, "configs"), shard_.configs().size());
  if (longest_turn_) {
    set(cell_of(board::kProcessFields, "loop_turn_max_us"),
        static_cast<std::uint64_t>(to_us(longest_turn_())));
  }
  std::map<std::string, std::uint64_t> uplinks;
  shard_.configs().visit_uplinks([&](const std::string&, const uplink::Uplink& uplink) {
    for (const uplink::Counter& counter : uplink.counters())
      uplinks[std::string(counter.name)] += counter.value;
  });
  for (const auto& [name, value] : uplinks) shard_.figures().set_uplink(name, value);
  set(cell_of(board::kProcessFields, "updated_us"),
      static_cast<std::uint64_t>(to_us(shard_.loop().clock().wall_now())));
}

void Gauges::keep_fresh(std::function<Duration()> longest_turn) {
  longest_turn_ = std::move(longest_turn);
  again();
}

void Gauges::again() {
  refresh();
  timer_.arm_in(kEvery);
}

}  // namespace vfleet::fleet
