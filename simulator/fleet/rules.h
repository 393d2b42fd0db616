#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulator/bus/command.h"
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

/// What the rules say of one device.
struct Desired {
  config::Values overlay;
  bool paused = false;
  bool disconnected = false;
  std::vector<const Rule*> actions;  ///< fault, clear: in revision order
};

/// All rules in revision order; those for exact ids are found by id.
class RuleBook {
 public:
  void add(std::unique_ptr<Rule> rule);
  void clear();
  [[nodiscard]] Desired desired(const Group& group, const bus::IdentityView& device) const;
  /// The revision whose value for `path` holds now; 0 when no rule set it.
  [[nodiscard]] std::uint64_t source_of(std::string_view path, const Group& group,
                                        const bus::IdentityView& device) const;
  [[nodiscard]] std::size_t size() const { return rules_.size(); }

 private:
  template <class Visit>
  void visit_matching(const bus::IdentityView& device, Visit&& visit) const;

  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<std::uint32_t> general_;  // rules that are not for exact ids
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_id_;
};

}  // namespace vfleet::fleet
