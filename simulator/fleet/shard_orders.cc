#include "simulator/fleet/shard.h"

#include "simulator/fleet/shard_context.h"

namespace vfleet::fleet {

Result<ConfigRef> Shard::config_for(const Member& member, const config::Values& overlay,
                                    const config::Values& platform) {
  return configs_->make(*member.group, member.index, overlay, platform);
}

Result<ConfigRef> Shard::config_for(const Group& group, std::uint32_t index, const config::Values& overlay,
                                    const config::Values& platform) {
  return configs_->make(group, index, overlay, platform);
}

const EffectiveConfig* Shard::booted_with(const Member& member) const {
  const auto at = booted_.find(member.key);
  return at == booted_.end() ? nullptr : at->second.get();
}

void Shard::reconfigure(Member& member, ConfigRef config) {
  if (config == member.config) return;
  if (transition_.from != member.config->serial() || transition_.to != config->serial()) {
    const Changes changes =
        changes_between(member.group->schema(), member.config->values(), config->values());
    transition_ = {member.config->serial(), config->serial(),
                   changes.connection || &member.config->uplink() != &config->uplink(), changes.boot};
  }
  if (transition_.boot && member.started) booted_.try_emplace(member.key, member.config);
  const bool remake = transition_.relink;
  ConfigRef old = std::move(member.config);
  member.config = std::move(config);
  keeper_.reconfigured(member);
  if (member.started && !member.down) {
    Context context(*this, member, loop_.now());
    member.device->reconfigure(context, old->typed());
    plan_all(member);
    settle(member);
  }
  if (member.queued) fit_queue(member);
  if (remake && member.link != nullptr) relink(member, std::move(old));
}

void Shard::pause(Member& member, bool paused) {
  if (member.paused == paused) return;
  member.paused = paused;
  const auto by = paused ? 1 : static_cast<std::uint64_t>(-1);
  figures_.paused += by;
  member.group->figures.paused() += by;
}

void Shard::disconnect(Member& member, bool disconnected) {
  if (member.disconnected == disconnected) return;
  member.disconnected = disconnected;
  if (member.link == nullptr || member.down || stopping_) return;
  if (disconnected) {
    member.link->close(true);
  } else {
    open_link(member);
  }
}

void Shard::reboot(Member& member, Duration down) {
  if (member.down || !member.started) return;
  Context context(*this, member, loop_.now());
  member.device->advance(context);
  member.device->power_off(context);
  go_down(member, down);
}

void Shard::go_down(Member& member, Duration down) {
  if (member.down || !member.started) return;
  member.down = true;
  member.wake =
      loop_.now() +
      Duration(static_cast<std::int64_t>(static_cast<double>(down.count()) / assignment_.time_scale));
  // Who is off hears no answer: one that only a device's own protocol knows is not waited for.
  if (member.link != nullptr) member.link->close(!member.link->converses());
  settle(member);
}

Status Shard::act(Member& member, const device::ActionCall& call) {
  return act(member, call, nullptr).status;
}

CallOutcome Shard::act(Member& member, const device::ActionCall& call, LateAnswer then) {
  if (member.down) return {fail(Errc::rejected, "rebooting")};
  Context context(*this, member, loop_.now(), 0, std::move(then));
  member.device->advance(context);
  Status status = member.device->act(context, call);
  settle(member);
  return {std::move(status), context.deferred()};
}

Status Shard::act_on_link(Member& member, const uplink::LinkCall& call) {
  if (member.down) return fail(Errc::rejected, "rebooting");
  if (member.link == nullptr) return fail(Errc::rejected, "has no connection");
  return member.link->act(call);
}

void Shard::visit_state(Member& member, device::StateVisitor& visitor) {
  visitor.boolean("online", member.online);
  visitor.boolean("paused", member.paused);
  Context context(*this, member, loop_.now());
  if (!member.down) {
    member.device->advance(context);
    settle(member);
  }
  member.device->visit_state(context, visitor);
}

}  // namespace vfleet::fleet
