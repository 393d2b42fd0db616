#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulator/bus/command.h"

namespace vfleet::control::server {

/// A durable change that still has an effect.
struct Rule {
  /// What the change is about; a later rule on the same subject, with the same selector, replaces it there.
  /// The path of a set or unset, `schedule` of pause and resume, `link` of connect and disconnect, an action
  /// with its arguments.
  using Subject = std::string;

  bus::Command command;                     ///< its args hold what is left of them
  std::map<Subject, std::string> subjects;  ///< what is left; for a set with the value, as JSON text
};

/// What the fleet should be: the groups, then every rule in revision order. What a later rule covers is
/// dropped, so that it grows with what differs and not with how often it was changed.
///
/// A journal attaches here: record() is the one way in for durable commands.
class DesiredState {
 public:
  /// JSON texts, in the file's order.
  void set_groups(std::vector<std::string> groups) { groups_ = std::move(groups); }
  [[nodiscard]] const std::vector<std::string>& groups() const { return groups_; }

  /// Gives the command its revision and takes it up as a rule (a reload only takes the revision: its groups
  /// come by set_groups). `command.selector` must be canonical text.
  void record(bus::Command& command);
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

  /// By revision.
  [[nodiscard]] const std::map<std::uint64_t, Rule>& rules() const { return rules_; }
  /// Rules that set a value for `path`, in revision order.
  [[nodiscard]] std::vector<const Rule*> setting(const std::string& path) const;

 private:
  using Revisions = std::set<std::uint64_t>;

  void release(std::uint64_t revision, const Rule::Subject& subject);

  std::vector<std::string> groups_;
  std::map<std::uint64_t, Rule> rules_;
  std::unordered_map<std::string, std::uint64_t> owner_;      // subject and selector -> the rule that has it
  std::unordered_map<Rule::Subject, Revisions> touching_;     // every rule with that subject
  std::unordered_map<Rule::Subject, std::size_t> asserting_;  // those that are no unset, resume or connect
  std::uint64_t revision_ = 0;
};

}  // namespace vfleet::control::server
