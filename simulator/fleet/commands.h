#pragma once

#include <functional>
#include <memory>

#include "simulator/bus/command.h"
#include "simulator/bus/worker_host.h"
#include "simulator/fleet/rules.h"
#include "simulator/fleet/shard.h"
#include "simulator/fleet/triggers.h"

namespace vfleet::fleet {

/// Executes commands on the devices of a shard, in slices of at most 0.5 ms a turn; the next command waits
/// for the one before.
class Commands {
 public:
  static constexpr Duration kSlice = std::chrono::microseconds(500);

  Commands(Shard& shard, RuleBook& rules, Triggers& triggers)
      : shard_(shard), rules_(rules), triggers_(triggers) {}

  /// As WorkerHost::execute. Durable ones join the rules.
  void execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done);

  /// Brings every device in line with groups and rules: makes those that are missing, starts them, changes
  /// the configuration of the others. In slices; `done` at the end. Results go into `result` when given.
  void converge(std::shared_ptr<bus::CommandResult> result, std::function<void()> done);

 private:
  struct Run;
  void over_devices(const std::shared_ptr<Run>& run, std::function<void(Member&)> apply);
  void finish(const std::shared_ptr<Run>& run);
  /// Who takes the answer of a device that answers later; the command's reply waits for it.
  [[nodiscard]] LateAnswer late_answer(const std::shared_ptr<Run>& run, const Member& member);
  void set(const std::shared_ptr<Run>& run);
  void unset(const std::shared_ptr<Run>& run);
  void act(const std::shared_ptr<Run>& run);
  void trigger(const std::shared_ptr<Run>& run);
  void reboot(const std::shared_ptr<Run>& run);
  void reload(const std::shared_ptr<Run>& run);
  void bring_in_line(Group& group, std::uint32_t index, bus::CommandResult* result);

  Shard& shard_;
  RuleBook& rules_;
  Triggers& triggers_;
};

/// Would `command` (set or unset as in docs/control-protocol.md) change `member`? Other verbs: true when it
/// would go through. For dry runs.
[[nodiscard]] bool would_change(Shard& shard, const Rule& rule, Member& member);

}  // namespace vfleet::fleet
