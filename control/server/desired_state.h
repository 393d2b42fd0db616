#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/bus/rule_set.h"

namespace vfleet::control::server {

using Rule = bus::RuleSet::Rule;

/// What the fleet should be: the groups, then every rule in revision order. What a later rule covers is
/// dropped, so that it grows with what differs and not with how often it was changed.
/// It holds what is committed: the journal comes before it.
class DesiredState {
 public:
  /// JSON texts, in the file's order.
  void set_groups(std::vector<std::string> groups) { groups_ = std::move(groups); }
  [[nodiscard]] const std::vector<std::string>& groups() const { return groups_; }

  /// Takes a command up as a rule (a reload or scale only moves the revision: its
  /// groups come by set_groups). Its revision must be above the last one; `command.selector` must be
  /// canonical text.
  void record(const bus::Command& command);
  /// Of the last command that was recorded.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

  /// By revision.
  [[nodiscard]] const std::map<std::uint64_t, Rule>& rules() const { return rules_.rules(); }
  /// Rules that set a value for `path`, in revision order.
  [[nodiscard]] std::vector<const Rule*> setting(const std::string& path) const {
    return rules_.setting(path);
  }

 private:
  std::vector<std::string> groups_;
  bus::RuleSet rules_;
  std::uint64_t revision_ = 0;
};

}  // namespace vfleet::control::server
