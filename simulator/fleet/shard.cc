#include "simulator/fleet/shard.h"

#include "simulator/net/file_fetcher.h"

namespace vfleet::fleet {

void Member::expire() {
  shard.expired(*this);
}

void Member::expire_soon() {
  __builtin_prefetch(device.get());
  __builtin_prefetch(reinterpret_cast<const char*>(device.get()) + 64);
  __builtin_prefetch(reinterpret_cast<const char*>(device.get()) + 128);
  __builtin_prefetch(due.get());
  __builtin_prefetch(link.get());
  __builtin_prefetch(reinterpret_cast<const char*>(link.get()) + 64);
  __builtin_prefetch(reinterpret_cast<const char*>(link.get()) + 128);
  __builtin_prefetch(reinterpret_cast<const char*>(link.get()) + 192);
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
