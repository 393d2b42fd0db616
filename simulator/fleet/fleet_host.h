#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulator/bus/worker_host.h"
#include "simulator/fleet/commands.h"
#include "simulator/fleet/gauges.h"
#include "simulator/fleet/queries.h"
#include "simulator/fleet/rules.h"
#include "simulator/fleet/shard.h"
#include "simulator/fleet/triggers.h"

namespace vfleet::fleet {

/// The shard as the bus sees it: joins devices, rules, commands and queries. It only connects them.
class FleetHost final : public bus::WorkerHost {
 public:
  FleetHost(loop::EventLoop& loop, const device::DeviceRegistry& types, uplink::UplinkEnvironment environment,
            board::Board board = board::Board::in_memory())
      : shard_(loop, types, environment, std::move(board)),
        gauges_(shard_),
        triggers_(shard_),
        commands_(shard_, rules_, triggers_),
        queries_(shard_, rules_, triggers_, revision_) {}

  void snapshot_begin(const bus::Assignment& assignment) override;
  void snapshot_groups(const std::vector<std::string>& groups) override;
  void snapshot_rules(std::vector<bus::Command> rules) override;
  void snapshot_end(std::function<void()> done) override;
  void execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done) override;
  void query(std::uint64_t id, std::string_view name, std::string_view selector, std::string_view args,
             bus::QueryReply reply) override;
  void cancel_query(std::uint64_t id) override;
  [[nodiscard]] std::string statistics() override;
  void stop(std::function<void()> done) override;

  [[nodiscard]] Shard& shard() { return shard_; }
  [[nodiscard]] Gauges& gauges() { return gauges_; }
  /// What the last snapshot had that could not be used: a group of an unknown type, a rule that does not
  /// parse.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

  static constexpr Duration kDrainLimit = std::chrono::seconds(3);

 private:
  Shard shard_;
  Gauges gauges_;
  RuleBook rules_;
  std::uint64_t revision_ = 0;  // of the last durable command that took effect here
  Triggers triggers_;
  Commands commands_;
  Queries queries_;
  std::vector<std::string> seen_groups_;  // of the snapshot that is coming in
  std::vector<std::string> problems_;
  RuleBook before_;      // what held before the snapshot that is coming in
  bool taking_ = false;  // a snapshot is coming in
};

}  // namespace vfleet::fleet
