#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulator/bus/command.h"

namespace vfleet::bus {

/// Whether a command of this verb changes what devices should be for good. An action may or may not: its type
/// says so.
[[nodiscard]] bool is_rule(Verb verb);

/// The durable changes that still have an effect, by revision. What a later rule covers is dropped, so that
/// it grows with what differs and not with how often it was changed. Control and workers keep the same one:
/// after the same commands they hold the same rules, so that a rollback is told as a difference.
class RuleSet {
 public:
  /// A durable change that still has an effect.
  struct Rule {
    /// What the change is about; a later rule on the same subject, with the same selector, replaces it there.
    /// The path of a set or unset, `schedule` of pause and resume, `link` of connect and disconnect, an
    /// action with its arguments.
    using Subject = std::string;

    Command command;                          ///< its args hold what is left of them
    std::map<Subject, std::string> subjects;  ///< what is left; for a set with the value, as JSON text
  };

  /// What taking up a command did to the others.
  struct Changes {
    std::vector<std::uint64_t> dropped;    ///< nothing is left of them
    std::vector<std::uint64_t> rewritten;  ///< their args say less than before
    bool kept = false;                     ///< the command itself is a rule now
  };

  /// Takes up a command; its revision is above those of all before. `command.selector` must be canonical
  /// text. A rollback drops and restores what it says (`rewritten`: what it restored). Other verbs that are
  /// no rules change nothing.
  Changes record(const Command& command);
  /// Puts back a rule as it was in an earlier state of this set (a snapshot, a rollback): nothing is covered.
  void restore(const Command& command);
  /// False when there is no such rule.
  bool drop(std::uint64_t revision);
  void clear();

  [[nodiscard]] const std::map<std::uint64_t, Rule>& rules() const { return rules_; }
  /// Rules that set a value for `path`, in revision order.
  [[nodiscard]] std::vector<const Rule*> setting(const std::string& path) const;

 private:
  using Revisions = std::set<std::uint64_t>;

  void own(const Rule& rule, const Rule::Subject& subject);
  void disown(const Rule& rule, const Rule::Subject& subject);
  Changes roll_back(const Command& command);
  void release(std::uint64_t revision, const Rule::Subject& subject, Changes& changes);

  std::map<std::uint64_t, Rule> rules_;
  std::unordered_map<std::string, std::uint64_t> owner_;      // subject and selector -> the rule that has it
  std::unordered_map<Rule::Subject, Revisions> touching_;     // every rule with that subject
  std::unordered_map<Rule::Subject, std::size_t> asserting_;  // those that are no unset, resume or connect
};

/// What takes one set of rules to another.
struct RuleDelta {
  std::vector<std::uint64_t> dropped;  ///< in order
  std::vector<Command> added;          ///< in revision order; one that changes is in both lists
  [[nodiscard]] bool empty() const { return dropped.empty() && added.empty(); }
};
[[nodiscard]] RuleDelta delta(const std::map<std::uint64_t, RuleSet::Rule>& from,
                              const std::map<std::uint64_t, RuleSet::Rule>& to);

/// The arguments of the verb rollback. Groups are JSON texts as in "A group" of docs/control-protocol.md.
struct Rollback {
  std::uint64_t to = 0;  ///< the revision whose rules and groups hold again
  RuleDelta delta;
  std::vector<std::string> groups;  ///< those that come back or change
  std::vector<std::string> removed;
};
[[nodiscard]] std::string encode(const Rollback& rollback);
/// Errors: malformed.
[[nodiscard]] Result<Rollback> decode_rollback(std::string_view args);

}  // namespace vfleet::bus
