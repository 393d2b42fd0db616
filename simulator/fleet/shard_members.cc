#include "simulator/fleet/shard.h"

#include <algorithm>
#include <cassert>

#include "simulator/core/hash.h"
#include "simulator/fleet/shard_context.h"

namespace vfleet::fleet {

using namespace std::chrono_literals;

Member& Shard::add(Group& group, std::uint32_t index, ConfigRef config) {
  assert(group.keys[index] == Group::kNoKey);
  std::uint32_t key = static_cast<std::uint32_t>(members_.size());
  if (free_keys_.empty()) {
    members_.emplace_back();
  } else {
    key = free_keys_.back();
    free_keys_.pop_back();
  }
  members_[key] = std::make_unique<Member>(*this, group, index, key);
  Member& member = *members_[key];
  member.config = std::move(config);
  Group::IdBuffer buffer;
  const std::uint64_t identity = hash(group.id(index, buffer));
  member.identity = mix(assignment_.seed, identity);
  if (keeper_.join(member)) {
    // What the platform changed of it goes on; unless that does not go with the configuration of today.
    config::Values platform;
    keeper_.add_platform(member, platform);
    auto changed = configs_->make(group, index, member.config->overlay(), platform);
    if (changed) member.config = std::move(*changed);
  }
  member.device = group.type().make(assignment_.seed, identity, member.config->typed());
  if (const auto left = left_.find(member.identity); left != left_.end()) {
    // One device has one connection: the one that still drains makes room.
    if (drains(left->second.key, member.identity)) forget(left->second.key);
    member.seq = left->second.seq;
    left_.erase(left);
  }
  group.keys[index] = key;
  if (traffic_ != nullptr) member.traced = traffic_->traces(member);
  ++size_;
  ++figures_.devices;
  ++group.figures.devices();
  return member;
}

bool Shard::retire_some(TimePoint end, std::uint64_t& gone) {
  for (std::uint32_t done = 0; !to_retire_.empty();) {
    if (++done % 16 == 0 && loop_.now() >= end) return false;
    const std::uint32_t key = to_retire_.back();
    to_retire_.pop_back();
    retire(key);
    ++gone;
  }
  return true;
}

void Shard::retire(std::uint32_t key) {
  Member& member = *members_[key];
  if (member.started && !member.down) {
    Context context(*this, member, loop_.now());
    member.device->advance(context);
    member.device->power_off(context);
  }
  empty_queue(member);
  member.cancel();
  member.leaving = true;
  member.down = true;
  member.relinking = false;
  const GroupFigures its = member.group->figures;
  if (member.paused) --figures_.paused, --its.paused();
  if (member.online) --figures_.online, --its.online();  // who drains is no device of the fleet any more
  --figures_.devices;
  --its.devices();
  member.paused = false;
  answers_.left(key);
  leave_state(member);
  if (waiter_ != nullptr) waiter_->left(key);
  left_.insert_or_assign(member.identity, Left{member.seq, key});
  if (member.index < member.group->keys.size() && member.group->keys[member.index] == key)
    member.group->keys[member.index] = Group::kNoKey;
  --size_;
  if (member.link != nullptr) member.link->close(true);
  draining_.push_back({key, member.identity, loop_.now() + kDrainLimit});
  if (!drain_check_.armed()) drain_check_.arm_in(10ms);
}

void Shard::check_drained() {
  const TimePoint now = loop_.now();
  const TimePoint end = now + 500us;
  bool in_time = true;
  std::uint32_t looked = 0;
  std::erase_if(draining_, [&](const Draining& each) {
    if (in_time && ++looked % 16 == 0) in_time = loop_.now() < end;
    if (!in_time) return false;
    if (!drains(each.key, each.identity)) return true;
    const Member& member = *members_[each.key];
    const bool idle = member.link == nullptr || (!member.online && member.link->pending() == 0);
    if (!idle && now < each.limit) return false;
    forget(each.key);
    return true;
  });
  if (!draining_.empty()) return drain_check_.arm_in(10ms);
  if (to_retire_.empty()) former_groups_.clear();
}

void Shard::forget(std::uint32_t key) {
  Member& member = *members_[key];
  drop_link(member);
  if (member.online && !member.leaving) --figures_.online, --member.group->figures.online();
  members_[key].reset();
  relinking_.erase(key);
  booted_.erase(key);
  free_keys_.push_back(key);
}

void Shard::start(Member& member) {
  member.started = true;
  if (!resume(member)) boot(member);
  make_link(member);
  open_link(member);
}

bool Shard::resume(Member& member) {
  if (!member.state) return false;
  member.seq = keeper_.seq(member);
  Context context(*this, member, loop_.now());
  if (!keeper_.resume(member, context)) return false;
  plan_all(member);
  settle(member);
  return true;
}

void Shard::leave_state(Member& member) {
  if (!member.kept) return;
  const Context context(*this, member, loop_.now());
  if (member.started) keeper_.before_report(member, context, member.seq);
  keeper_.leave(member);
}

void Shard::boot(Member& member) {
  member.down = false;
  if (!booted_.empty()) booted_.erase(member.key);
  Context context(*this, member, loop_.now());
  member.device->boot(context);
  plan_all(member);
  settle(member);
}

void Shard::stop(Duration limit, std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  stop_limit_ = loop_.now() + limit;
  for (const auto& member : members_) {
    if (member == nullptr || member->leaving) continue;
    member->cancel();
    if (member->kept && member->started) {
      const Context context(*this, *member, loop_.now());
      keeper_.before_report(*member, context, member->seq);
    }
    empty_queue(*member);
    if (member->link != nullptr) member->link->close(true);
  }
  types_stopping_ = types_.types().size();
  for (const auto& type : types_.types()) {
    type->stop([this] { --types_stopping_; });
  }
  check_stopped();
}

void Shard::check_stopped() {
  const bool idle = std::all_of(members_.begin(), members_.end(), [](const auto& member) {
    return member == nullptr || member->link == nullptr || member->link->pending() == 0;
  });
  // The links have their limit; what types run ends by limits of its own.
  if ((!idle && loop_.now() < stop_limit_) || types_stopping_ > 0) return stop_check_.arm_in(10ms);
  loop_.post(std::exchange(stopped_, nullptr));
}

}  // namespace vfleet::fleet
