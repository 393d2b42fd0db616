#pragma once

#include <functional>
#include <memory>

#include "simulator/bus/command.h"
#include "simulator/bus/worker_host.h"
#include "simulator/fleet/alignment.h"
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
      : shard_(shard), rules_(rules), triggers_(triggers), alignment_(shard, rules) {}

  /// As WorkerHost::execute. Durable ones join the rules.
  void execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done);

  /// Brings every device in line with groups and rules (see Alignment). `change`: rules that came or went;
  /// null: none did.
  void converge(std::shared_ptr<const RuleChange> change, std::shared_ptr<bus::CommandResult> result,
                std::function<void()> done);

 private:
  struct Run;
  void over_devices(const std::shared_ptr<Run>& run, std::function<void(Member&)> apply);
  void finish(const std::shared_ptr<Run>& run);
  /// Who takes the answer of a device that answers later; the command's reply waits for it.
  [[nodiscard]] LateAnswer late_answer(const std::shared_ptr<Run>& run, const Member& member);
  void log_refused(const Rule& rule, const Member& member, const Error& error);
  void set(const std::shared_ptr<Run>& run);
  void unset(const std::shared_ptr<Run>& run);
  void act(const std::shared_ptr<Run>& run);
  void trigger(const std::shared_ptr<Run>& run);
  void reboot(const std::shared_ptr<Run>& run);
  void reload(const std::shared_ptr<Run>& run);
  void roll_back(const std::shared_ptr<Run>& run);

  void align(const std::shared_ptr<Run>& run, Alignment::Scope scope);

  Shard& shard_;
  RuleBook& rules_;
  Triggers& triggers_;
  Alignment alignment_;
};

/// Would `command` (set or unset as in docs/control-protocol.md) change `member`? Other verbs: true when it
/// would go through. For dry runs.
[[nodiscard]] bool would_change(Shard& shard, const Rule& rule, Member& member);

}  // namespace vfleet::fleet
