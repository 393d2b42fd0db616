#include "simulator/fleet/views.h"

#include "simulator/device/one_state.h"

namespace vfleet::fleet {

std::string device_id(const Member& member) {
  Group::IdBuffer buffer;
  return std::string(member.group->id(member.index, buffer));
}

std::optional<std::string> MemberView::state(std::string_view name) const {
  device::OneState one(name);
  shard_.visit_state(member_, one);
  return one.found;
}

}  // namespace vfleet::fleet
