#include "control/server/gather_metrics.h"

namespace vfleet::control::server {

metrics::FleetMetrics gather_metrics(const Core& core, const std::string& run_dir) {
  metrics::FleetMetrics fleet;
  fleet.fleet = core.fleet.name;
  fleet.version = VFLEET_VERSION;
  fleet.revision = core.desired.revision();
  fleet.figures = core.statistics.merged();
  fleet.run_dir = run_dir;
  for (const Worker& worker : core.registry.all()) {
    const Statistics::Usage usage = core.statistics.usage(worker.shard);
    fleet.workers.push_back({.shard = worker.shard,
                             .live = worker.state == ShardState::live,
                             .lives = worker.boot,
                             .devices = usage.devices,
                             .online = usage.online,
                             .rss_bytes = usage.rss_bytes,
                             .cpu_us = usage.cpu_us,
                             .utilisation = usage.utilisation});
  }
  return fleet;
}

}  // namespace vfleet::control::server
