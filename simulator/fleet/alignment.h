#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/fleet/rules.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// Brings devices in line with the groups and the rules: makes those that are missing and starts them, powers
/// off those that have to go, changes the others; faults only where rules came or went.
class Alignment {
 public:
  /// Both outlive it.
  Alignment(Shard& shard, RuleBook& rules) : shard_(shard), rules_(rules) {}

  /// Which devices may not be as they should be.
  struct Scope {
    bool everything = false;
    std::set<std::string> groups;              // those that are new or changed
    std::shared_ptr<const RuleChange> change;  // and, in every group, those that these rules are about
    Duration slice{};                          // of a turn
  };
  /// In slices; `done` at the end. `result` counts the devices that this touched.
  void align(Scope scope, std::shared_ptr<bus::CommandResult> result, std::function<void()> done);

  /// Puts and removes groups; returns the names of those that were put.
  std::set<std::string> put_groups(const std::vector<std::string>& groups,
                                   const std::vector<std::string>& removed, bus::CommandResult& result);

 private:
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
};

}  // namespace vfleet::fleet
