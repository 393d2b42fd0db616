#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/server/command_log.h"
#include "control/server/desired_state.h"
#include "control/server/fan_out.h"
#include "control/server/fleet_view.h"
#include "control/server/flow_control.h"
#include "control/server/ordinals.h"
#include "control/server/pending_commands.h"
#include "control/server/ports.h"
#include "control/server/snapshot.h"
#include "control/server/statistics.h"
#include "control/server/type_catalogue.h"
#include "control/server/worker_registry.h"
#include "simulator/config/catalogue.h"
#include "simulator/core/clock.h"

namespace vfleet::control::server {

struct ControllerOptions {
  std::uint32_t shards = 1;
  std::uint64_t epoch = 1;
  std::string fleet_file;
  std::uint64_t window = 10'000;  ///< how far a live worker may be behind; half of the publisher's queue
};

/// What the parts of the controller share.
struct Core {
  /// Everything given must outlive this. There is no fleet yet.
  Core(ControllerOptions options, const Clock& clock, Ports& ports, const TypeCatalogue& catalogue,
       const config::Catalogue& keys);

  /// Replaces the fleet: gives ordinals and renders the groups. Errors: too_large, when a group cannot pass
  /// in one frame; the fleet then stays as it was.
  [[nodiscard]] Status take_fleet(config::FleetSpec next);

  /// Makes a command part of the history: gives seq and (durable) revision, keeps it for tails, publishes it
  /// when workers can take it. `command.selector` must be canonical, `flow.has_room()` must hold.
  bus::Command submit(bus::Command command, bool durable);

  [[nodiscard]] TimePoint now() const { return clock.now(); }
  [[nodiscard]] std::uint64_t seq() const { return flow.submitted(); }

  ControllerOptions options;
  const Clock& clock;
  Ports& ports;
  const TypeCatalogue& catalogue;
  const config::Catalogue& keys;
  config::FleetSpec fleet;
  std::int64_t start_us;
  Ordinals ordinals;
  DesiredState desired;
  CommandLog log;
  FlowControl flow;
  WorkerRegistry registry;
  Statistics statistics;
  PendingCommands pending;
  FanOut fan_out;
  SnapshotFeed feed;
  std::optional<FleetView> view;
};

}  // namespace vfleet::control::server
