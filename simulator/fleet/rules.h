#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/bus/rule_set.h"
#include "simulator/bus/selector.h"
#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/fleet/group.h"

namespace vfleet::fleet {

/// A durable command, read once. It also holds for devices that come later.
class Rule {
 public:
  /// Errors: malformed, invalid_argument (the selector or the arguments).
  [[nodiscard]] static Result<std::unique_ptr<Rule>> make(bus::Command command);
  ~Rule();

  [[nodiscard]] const bus::Command& command() const { return command_; }
  [[nodiscard]] const bus::Selector& selector() const { return selector_; }
  /// set: its values for devices of `group`. Errors: invalid_argument (unknown key, value out of range, a key
  /// that cannot change while the fleet runs). Parsed once a schema.
  [[nodiscard]] const Result<config::Values>& patch(const Group& group) const;
  /// unset: its paths.
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
  /// action: its name, and its arguments with the described defaults. Errors: invalid_argument.
  [[nodiscard]] const std::string& action() const { return action_; }
  [[nodiscard]] const Result<config::Values>& action_args(const Group& group) const;

 private:
  struct Tree;  // the arguments as JSON
  Rule(bus::Command command, bus::Selector selector, std::unique_ptr<Tree> tree);

  bus::Command command_;
  bus::Selector selector_;
  std::unique_ptr<Tree> tree_;
  std::vector<std::string> paths_;
  std::string action_;
  // By type and uplink: groups with the same ones have the same schema.
  mutable std::map<std::string, Result<config::Values>, std::less<>> parsed_;
};

/// Changes `overlay` as a set or unset rule says, on a device of `group`. Errors: as Rule::patch; `overlay`
/// is then as it was.
Status lay_over(const Rule& rule, const Group& group, config::Values& overlay);

/// What the rules say of one device.
struct Desired {
  config::Values overlay;
  bool paused = false;
  bool disconnected = false;
  std::vector<const Rule*> actions;  ///< fault, clear: in revision order
};

/// All rules in revision order; those for exact ids are found by id. What a newer one covers is dropped, as
/// in control.
class RuleBook {
 public:
  using SharedRule = std::shared_ptr<const Rule>;  // shared with the books that tell what changed

  /// Takes up a durable command that was executed.
  void record(const bus::Command& command);
  /// As it stands in a snapshot. Errors: what Rule::make says; it is then kept as a rule that matches
  /// nothing.
  Status restore(const bus::Command& command);
  /// A rule that is already there, for a book of some rules.
  void share(const SharedRule& rule);
  void clear();

  [[nodiscard]] Desired desired(const Group& group, const bus::IdentityView& device) const;
  /// Whether any rule is about the device.
  [[nodiscard]] bool matches(const bus::IdentityView& device) const;
  /// The revision whose value for `path` holds now; 0 when no rule set it.
  [[nodiscard]] std::uint64_t source_of(std::string_view path, const Group& group,
                                        const bus::IdentityView& device) const;
  /// The revision that last said something about pause or link: of the last matching command with one of the
  /// two verbs; 0 when none did.
  [[nodiscard]] std::uint64_t source_of(bus::Verb one, bus::Verb other,
                                        const bus::IdentityView& device) const;
  /// Calls visit(rule) for each rule about the device, in revision order.
  void visit(const bus::IdentityView& device, const std::function<void(const Rule& rule)>& visit) const;

  [[nodiscard]] const bus::RuleSet& set() const { return set_; }
  [[nodiscard]] SharedRule find(std::uint64_t revision) const;
  [[nodiscard]] bool empty() const { return rules_.empty(); }
  [[nodiscard]] std::size_t size() const { return rules_.size(); }

 private:
  template <class Visit>
  void visit_matching(const bus::IdentityView& device, Visit&& visit) const;
  void index(SharedRule rule);
  void unindex(std::uint64_t revision);

  bus::RuleSet set_;
  std::map<std::uint64_t, SharedRule> rules_;
  std::map<std::uint64_t, const Rule*> general_;                     // rules that are not for exact ids
  std::unordered_map<std::string, std::vector<const Rule*>> by_id_;  // in revision order
};

/// What happened to the rules at once: a rollback, a snapshot after commands that were missed.
struct RuleChange {
  RuleBook dropped;  ///< as they were
  RuleBook added;    ///< as they are; one that changed is in both

  [[nodiscard]] static RuleChange between(const RuleBook& before, const RuleBook& after);
  [[nodiscard]] bool concerns(const bus::IdentityView& device) const {
    return dropped.matches(device) || added.matches(device);
  }
};

}  // namespace vfleet::fleet
