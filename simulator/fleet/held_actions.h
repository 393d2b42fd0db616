#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/fleet/rules.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// A durable action that holds on a device: done, and not taken back (a fault that is raised).
struct HeldAction {
  const Rule* rule = nullptr;
  const device::ActionDescription* action = nullptr;
  const config::Values* args = nullptr;

  [[nodiscard]] bool same_as(const HeldAction& other) const {
    return action == other.action && *args == *other.args;
  }
};

/// What is left of the actions in `rules`, which are in revision order, when each was done on a device of
/// `group`. Borrows from the rules. Those that the type does not know are left out.
[[nodiscard]] std::vector<HeldAction> held_actions(const std::vector<const Rule*>& rules, const Group& group);

/// Takes back what holds in `before` alone, then does what holds in `after` and does not hold yet. What the
/// device refuses goes into `result` when given.
void change_held_actions(Shard& shard, Member& member, const std::vector<HeldAction>& before,
                         const std::vector<HeldAction>& after, bus::CommandResult* result);

}  // namespace vfleet::fleet
