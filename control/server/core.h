#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/journal/journal.h"
#include "control/server/command_log.h"
#include "control/server/commit_line.h"
#include "control/server/desired_state.h"
#include "control/server/fan_out.h"
#include "control/server/fleet_view.h"
#include "control/server/flow_control.h"
#include "control/server/known_ids.h"
#include "control/server/ordinals.h"
#include "control/server/pending_commands.h"
#include "control/server/ports.h"
#include "control/server/prepared_fleet.h"
#include "control/server/snapshot.h"
#include "control/server/statistics.h"
#include "control/server/type_catalogue.h"
#include "control/server/worker_registry.h"
#include "simulator/config/catalogue.h"
#include "simulator/core/clock.h"

namespace vfleet::control::logs {
class LogStore;
}

namespace vfleet::control::server {

struct ControllerOptions {
  std::uint32_t shards = 1;
  std::uint64_t epoch = 1;
  std::string fleet_file;
  std::string
      platform_figures;  ///< URL of the platform's figures where the fleet file names none; may be empty
  std::uint64_t window = 10'000;  ///< how far a live worker may be behind; half of the publisher's queue
  std::optional<std::int64_t> start_us;  ///< of the fleet's grid; absent: now
  std::vector<std::uint64_t> boots{};    ///< the last ones that earlier controls gave, by shard
  /// What earlier controls left; null: this is the first. Only read while the controller is made.
  std::shared_ptr<const journal::Restored> restored;
  std::uint64_t revision = 0;      ///< the last one of earlier controls; filled in by the controller
  logs::LogStore* logs = nullptr;  ///< outlives the controller; null: no log is kept
};

/// What the parts of the controller share. Everything in it is committed: what waits for the journal is in
/// `line` alone.
struct Core {
  /// Everything given must outlive this. There is no fleet yet.
  Core(ControllerOptions options, const Clock& clock, Ports& ports, const TypeCatalogue& catalogue,
       const config::Catalogue& keys, journal::Journal& journal);

  struct Submission {
    bus::Command command;  ///< `selector` must be canonical
    bool durable = false;
    std::shared_ptr<PreparedFleet> fleet;                  ///< what it makes of the fleet; null: nothing
    std::function<void(const bus::Command&)> committed{};  ///< published: it has its seq and revision
    std::function<void(const Error&)> refused{};           ///< nothing was published
  };
  /// Brings a command to the journal. When it is committed it gets its effects, all at once: it is in
  /// `desired` and `log`, its fleet is taken, and workers are sent it as soon as they can take it; then
  /// `committed` is called. has_room() must hold.
  void submit(Submission submission);
  [[nodiscard]] bool has_room() const { return flow.waiting() + line.waiting() < FlowControl::kWaitingMax; }

  /// Replaces the fleet that is in effect.
  void take(PreparedFleet next);
  /// The fleet after every command that was submitted: what a next change starts from.
  [[nodiscard]] const config::FleetSpec& newest_fleet() const { return newest_ ? newest_->spec : fleet; }

  /// Where the platform serves its figures; empty: nobody knows.
  [[nodiscard]] const std::string& figures_url() const {
    return fleet.platform_figures.empty() ? options.platform_figures : fleet.platform_figures;
  }
  [[nodiscard]] TimePoint now() const { return clock.now(); }
  /// Of the last committed command.
  [[nodiscard]] std::uint64_t seq() const { return flow.submitted(); }

  /// A question to all workers that will answer, asked once they have applied what is committed now. What
  /// becomes of the rows is for who asks to say.
  [[nodiscard]] FanOut::Ask ask(std::string name, std::string selector, api::JsonText args = "{}") const;

  ControllerOptions options;
  const Clock& clock;
  Ports& ports;
  const TypeCatalogue& catalogue;
  const config::Catalogue& keys;
  journal::Journal& journal;
  CommitLine line;
  config::FleetSpec fleet;
  std::string fleet_head = "{}";  ///< the fleet's journal::FleetText::head
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
  KnownIds known_ids;  ///< of all lives
  /// Called with each command that is published.
  std::function<void(const bus::Command&)> heard;

 private:
  std::shared_ptr<PreparedFleet> newest_;  // of the last submission with a fleet, until it is decided
};

}  // namespace vfleet::control::server
