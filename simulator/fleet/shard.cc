#include "simulator/fleet/shard.h"

#include "simulator/net/file_fetcher.h"

namespace vfleet::fleet {

void Member::expire() {
  shard.expired(*this);
}

namespace {

/// With thousands of devices none of what is read when one is due is in the cache any more. Fetched at once
/// it is there after the time of one of them.
template <std::size_t lines>
void fetch(const void* from) {
  for (std::size_t i = 0; i < lines; ++i) __builtin_prefetch(static_cast<const char*>(from) + i * 64);
}

}  // namespace

void Member::expire_soon() {
  fetch<4>(device.get());
  fetch<4>(link.get());
  fetch<1>(due.get());
  fetch<1>(&key);
  shard.keeper().prefetch(*this);
}

Shard::Shard(loop::EventLoop& loop, const device::DeviceRegistry& types,
             uplink::UplinkEnvironment environment, board::Board board)
    : loop_(loop),
      types_(types),
      environment_(environment),
      figures_(std::move(board)),
      answers_(loop),
      stop_check_(loop, [this] { check_stopped(); }),
      drain_check_(loop, [this] { check_drained(); }) {
  (void)begin({});
}

Shard::~Shard() = default;

Status Shard::begin(const bus::Assignment& assignment) {
  // The clocks are read once: a grid that moved by a microsecond would have points that seem to be passed.
  const bool same_grid = assignment.start_us != 0 && assignment.start_us == assignment_.start_us;
  assignment_ = assignment;
  environment_.seed = assignment.seed;
  environment_.shard = assignment.shard;
  environment_.shards = assignment.shards;
  if (same_grid) return {};
  const TimePoint now = loop_.now();
  const WallTime wall = loop_.clock().wall_now();
  start_wall_ = assignment.start_us == 0 ? wall : WallTime(std::chrono::microseconds(assignment.start_us));
  start_ = now - Duration(wall - start_wall_);
  const Status zone = set_day_clock();
  if (!members_.empty()) return zone;
  configs_ = std::make_unique<ConfigStore>(environment_, *this);
  transition_ = {};
  return zone;
}

}  // namespace vfleet::fleet
