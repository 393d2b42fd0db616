#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

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

  /// Brings every device in line with groups and rules: makes those that are missing and starts them, powers
  /// off those that have to go, changes the others; faults only where `change` (null: none) says that rules
  /// came or went. In slices; `done` at the end. `result` counts the devices that this touched.
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

  /// Which devices may not be as they should be.
  struct Alignment {
    bool everything = false;
    std::set<std::string> groups;              // those that are new or changed
    std::shared_ptr<const RuleChange> change;  // and, in every group, those that these rules are about
    Duration slice = kSlice;
  };
  /// Puts and removes groups; returns the names of those that were put.
  std::set<std::string> put_groups(const std::vector<std::string>& groups,
                                   const std::vector<std::string>& removed, bus::CommandResult& result);
  void align(Alignment alignment, std::shared_ptr<bus::CommandResult> result, std::function<void()> done);
  void align(const std::shared_ptr<Run>& run, Alignment alignment);

  /// The configuration of a device as far as its rules go together.
  struct Fit {
    ConfigRef config;     // none: not even without rules
    std::string refused;  // why not all of them do; empty: they do
  };
  [[nodiscard]] Fit fit(const Group& group, std::uint32_t index, const config::Values& desired,
                        const config::Values& platform);
  bool make(Group& group, std::uint32_t index, bus::CommandResult& result);
  /// True when anything about the device was touched.
  bool bring_in_line(Member& member, const RuleChange* change, bus::CommandResult& result);

  Shard& shard_;
  RuleBook& rules_;
  Triggers& triggers_;
};

/// Would `command` (set or unset as in docs/control-protocol.md) change `member`? Other verbs: true when it
/// would go through. For dry runs.
[[nodiscard]] bool would_change(Shard& shard, const Rule& rule, Member& member);

}  // namespace vfleet::fleet
