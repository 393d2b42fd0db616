#include "simulator/fleet/differences.h"

#include <set>
#include <optional>

#include "simulator/fleet/held_actions.h"
#include "simulator/fleet/views.h"

namespace vfleet::fleet {

namespace {

using bus::Verb;

const config::Value& value_of(const config::Key& key, const config::Values& values) {
  const auto at = values.find(key.path);
  return at == values.end() ? key.initial : at->second;
}

/// Compares the configurations of one device.
class ConfigComparison {
 public:
  ConfigComparison(Shard& shard, const RuleBook& rules, const Member& member)
      : shard_(shard), rules_(rules), member_(member), group_(*member.group), view_(group_, member.index) {}

  void compare(std::vector<Difference>& out) {
    const Desired desired = rules_.desired(group_, view_);
    config::Values wanted = group_.base_values(member_.index);
    for (const auto& [path, value] : desired.overlay) wanted.insert_or_assign(path, value);
    const EffectiveConfig* booted = shard_.booted_with(member_);
    // Most devices: nothing to look at key by key.
    if (booted == nullptr && wanted == member_.config->values()) return;
    for (const config::Key& key : group_.schema().keys()) {
      if (config::is_open(key)) {
        compare_open(out, key, wanted, desired);
        continue;
      }
      const config::Value& should = value_of(key, wanted);
      const config::Value& is = value_of(key, member_.config->values());
      if (!(should == is)) {
        note(out, key, should, is, reason(key, desired));
      } else if (booted != nullptr && key.effect == config::Effect::boot) {
        const config::Value& at_boot = value_of(key, booted->values());
        if (!(should == at_boot)) note(out, key, should, at_boot, "takes effect at the next reboot");
      }
    }
  }

 private:
  // Every path that an open key describes and that is set on either side.
  void compare_open(std::vector<Difference>& out, const config::Key& key, const config::Values& wanted,
                    const Desired& desired) {
    const std::string prefix = key.path.substr(0, key.path.size() - 1);
    std::set<std::string> paths;
    for (const config::Values* values : {&wanted, &member_.config->values()}) {
      for (auto at = values->lower_bound(prefix); at != values->end() && at->first.starts_with(prefix); ++at)
        paths.insert(at->first);
    }
    config::Key one = key;
    for (const std::string& path : paths) {
      one.path = path;
      const config::Value& should = value_of(one, wanted);
      const config::Value& is = value_of(one, member_.config->values());
      if (!(should == is)) note(out, one, should, is, reason(one, desired));
    }
  }

  void note(std::vector<Difference>& out, const config::Key& key, const config::Value& should,
            const config::Value& is, std::string why) const {
    out.push_back({key.path, config::format_value(key, should), config::format_value(key, is), std::move(why),
                   rules_.source_of(key.path, group_, view_)});
  }

  std::string reason(const config::Key& key, const Desired& desired) {
    if (member_.config->platform().contains(key.path)) return "the platform changed it";
    if (!refusal_) {
      auto config = shard_.config_for(member_, desired.overlay, member_.config->platform());
      refusal_ = config ? std::string() : config.error().detail;
    }
    return refusal_->empty() ? "not applied" : "refused: " + *refusal_;
  }

  Shard& shard_;
  const RuleBook& rules_;
  const Member& member_;
  const Group& group_;
  GroupView view_;
  std::optional<std::string> refusal_;
};

}  // namespace

std::vector<Difference> differences(Shard& shard, const RuleBook& rules, Member& member) {
  std::vector<Difference> out;
  const Group& group = *member.group;
  const GroupView view(group, member.index);
  ConfigComparison(shard, rules, member).compare(out);
  const Desired desired = rules.desired(group, view);
  const std::uint64_t link_revision = rules.source_of(Verb::connect, Verb::disconnect, view);
  if (!desired.disconnected && !member.online) {
    out.push_back({"link", "connected", "offline", member.down ? "it reboots" : "it is not connected (yet)",
                   link_revision});
  } else if (desired.disconnected && member.online) {
    out.push_back({"link", "disconnected", "online", "what is in flight is waited for", link_revision});
  }
  if (desired.paused != member.paused) {
    const auto word = [](bool paused) { return std::string(paused ? "paused" : "running"); };
    out.push_back({"schedule", word(desired.paused), word(member.paused), "not applied",
                   rules.source_of(Verb::pause, Verb::resume, view)});
  }
  for (const HeldAction& held : held_actions(desired.actions, group)) {
    if (held.action->shown_by.empty()) continue;
    const std::string state = MemberView(shard, member).state(held.action->shown_by).value_or("");
    if (!state.empty() && state != "none" && state != "false") continue;
    out.push_back({"action " + held.action->name, "holds", state.empty() ? "none" : state,
                   member.down ? "it reboots" : "the device refused it, or it is over",
                   held.rule->command().revision});
  }
  return out;
}

Difference absence(Shard& shard, const RuleBook& rules, const Group& group, std::uint32_t index) {
  const Desired desired = rules.desired(group, GroupView(group, index));
  const auto config = shard.config_for(group, index, desired.overlay, {});
  return {"device", "present", "absent", config ? "not started yet" : "refused: " + config.error().detail, 0};
}

}  // namespace vfleet::fleet
