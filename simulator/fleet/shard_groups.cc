#include "simulator/fleet/shard.h"

#include <algorithm>

namespace vfleet::fleet {

Group* Shard::find_group(std::string_view name) const {
  for (const auto& group : groups_) {
    if (group->name() == name) return group.get();
  }
  return nullptr;
}

bool Shard::hosts(const Group& group, std::uint32_t index) const {
  return shard_of(group.ordinal(index), assignment_.shards) == assignment_.shard;
}

Result<Group*> Shard::put_group(std::string_view json) {
  auto made = Group::from_json(json, types_);
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  Group& fresh = **made;
  fresh.keys.assign(fresh.count(), Group::kNoKey);
  std::vector<std::string_view> reports;
  for (const auto& report : fresh.type().description().reports) reports.push_back(report.name);
  fresh.kind = fresh.uplink().name + "/" + fresh.type_name();
  fresh.reports = figures_.reports(fresh.kind, reports, fresh.type().description().open);
  fresh.latencies.resize(reports.size() + (fresh.type().description().open ? Figures::kOpenNamesMax : 0));
  fresh.figures = figures_.group(fresh.name());

  const auto old =
      std::find_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g->name() == fresh.name(); });
  if (old == groups_.end()) {
    groups_.push_back(std::move(*made));
    return groups_.back().get();
  }
  if ((*old)->resize(fresh)) {
    Group& group = **old;
    for (std::uint32_t index = group.count(); index < group.keys.size(); ++index) {
      if (group.keys[index] != Group::kNoKey) to_retire_.push_back(group.keys[index]);
    }
    group.keys.resize(group.count(), Group::kNoKey);
    return &group;
  }
  // Devices whose id the new group has too stay; the others leave.
  const bool same_type = &(*old)->type() == &fresh.type();
  Group::IdBuffer buffer;
  bool some_leave = false;
  for (const std::uint32_t key : (*old)->keys) {
    if (key == Group::kNoKey) continue;
    Member& member = *members_[key];
    const auto index = fresh.index_of((*old)->id(member.index, buffer));
    if (!same_type || !index || !hosts(fresh, *index)) {
      to_retire_.push_back(key);
      some_leave = true;
      continue;
    }
    member.group = &fresh;
    member.index = *index;
    fresh.keys[*index] = key;
  }
  std::swap(*old, *made);
  if (some_leave || !draining_.empty() || !to_retire_.empty()) former_groups_.push_back(std::move(*made));
  return old->get();
}

void Shard::remove_group(std::string_view name) {
  const auto at =
      std::find_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g->name() == name; });
  if (at == groups_.end()) return;
  for (const std::uint32_t key : (*at)->keys) {
    if (key != Group::kNoKey) to_retire_.push_back(key);
  }
  if (!draining_.empty() || !to_retire_.empty()) former_groups_.push_back(std::move(*at));
  groups_.erase(at);
}

Member* Shard::find(std::string_view id) const {
  for (const auto& group : groups_) {
    const auto index = group->index_of(id);
    if (index && group->keys[*index] != Group::kNoKey) return members_[group->keys[*index]].get();
  }
  return nullptr;
}

std::uint64_t Shard::state_bytes() {
  std::uint64_t bytes = 0;
  for (const auto& group : groups_) {
    if (group->count() == 0) continue;
    const auto config = configs_->make(*group, 0, {});
    const std::size_t each = config ? group->type().state_bytes((*config)->typed()) : 0;
    if (each == 0) continue;
    const std::uint64_t record = Keeper::record_bytes(each);
    for (std::uint32_t i = 0; i < group->count(); ++i) bytes += hosts(*group, i) ? record : 0;
  }
  return bytes;
}

}  // namespace vfleet::fleet
