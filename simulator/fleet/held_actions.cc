#include "simulator/fleet/held_actions.h"

#include <algorithm>

namespace vfleet::fleet {

namespace {

using device::ActionDescription;

/// Whether doing `undo` with `args` takes `held` back: where both have an argument it is the same, or left at
/// its default, which means everything.
bool takes_back(const ActionDescription& undo, const config::Values& args, const HeldAction& held) {
  if (held.action->undone_by != undo.name) return false;
  return std::all_of(undo.args.begin(), undo.args.end(), [&](const config::Key& key) {
    const auto of_held = held.args->find(key.path);
    const auto given = args.find(key.path);
    if (of_held == held.args->end() || given == args.end()) return true;
    return given->second == of_held->second || given->second == key.initial;
  });
}

/// The arguments with which `undo` takes exactly `held` back.
config::Values undo_args(const ActionDescription& undo, const HeldAction& held) {
  config::Values out;
  for (const config::Key& key : undo.args) {
    const auto same = held.args->find(key.path);
    out.emplace(key.path, same != held.args->end() ? same->second : key.initial);
  }
  return out;
}

bool holds_in(const std::vector<HeldAction>& all, const HeldAction& one) {
  return std::any_of(all.begin(), all.end(), [&](const HeldAction& each) { return each.same_as(one); });
}

}  // namespace

std::vector<HeldAction> held_actions(const std::vector<const Rule*>& rules, const Group& group) {
  std::vector<HeldAction> out;
  const device::TypeDescription& type = group.type().description();
  for (const Rule* rule : rules) {
    const ActionDescription* action = type.action(rule->action());
    const auto& args = rule->action_args(group);
    if (action == nullptr || !args) continue;
    const std::size_t before = out.size();
    std::erase_if(out, [&](const HeldAction& held) { return takes_back(*action, *args, held); });
    const bool undoes = out.size() != before || std::any_of(type.actions.begin(), type.actions.end(),
                                                            [&](const ActionDescription& each) {
                                                              return each.undone_by == action->name;
                                                            });
    const HeldAction held{rule, action, &*args};
    if (!undoes && !holds_in(out, held)) out.push_back(held);
  }
  return out;
}

void change_held_actions(Shard& shard, Member& member, const std::vector<HeldAction>& before,
                         const std::vector<HeldAction>& after, bus::CommandResult* result) {
  Group::IdBuffer buffer;
  const auto perform = [&](const ActionDescription& action, const config::Values& args) {
    const Status status = shard.act(member, {.name = action.name, .args = &args});
    if (!status && result != nullptr) {
      result->reject(member.group->id(member.index, buffer), action.name + ": " + status.error().detail);
    }
  };
  const device::TypeDescription& type = member.group->type().description();
  std::vector<HeldAction> lost;  // what holds in both, but was taken back with something else
  for (const HeldAction& held : before) {
    if (holds_in(after, held)) continue;
    const ActionDescription* undo = type.action(held.action->undone_by);
    if (undo == nullptr) {
      if (result != nullptr) {
        result->reject(member.group->id(member.index, buffer),
                       "nothing takes back '" + held.action->name + "'");
      }
      continue;
    }
    const config::Values args = undo_args(*undo, held);
    perform(*undo, args);
    for (const HeldAction& other : after) {
      if (takes_back(*undo, args, other)) lost.push_back(other);
    }
  }
  for (const HeldAction& held : after) {
    if (!holds_in(before, held) || holds_in(lost, held)) perform(*held.action, *held.args);
  }
}

}  // namespace vfleet::fleet
