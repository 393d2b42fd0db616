#include "simulator/fleet/alignment.h"

#include <algorithm>

#include "simulator/fleet/held_actions.h"
#include "simulator/fleet/layers.h"
#include "simulator/fleet/views.h"

namespace vfleet::fleet {

std::set<std::string> Alignment::put_groups(const std::vector<std::string>& groups,
                                            const std::vector<std::string>& removed,
                                            bus::CommandResult& result) {
  std::set<std::string> changed;
  for (const std::string& name : removed) shard_.remove_group(name);
  for (const std::string& text : groups) {
    if (auto put = shard_.put_group(text); put) {
      changed.insert((*put)->name());
    } else {
      result.fail("", put.error().detail);
    }
  }
  return changed;
}

Alignment::Fit Alignment::fit(const Group& group, std::uint32_t index, const config::Values& desired,
                              const config::Values& platform) {
  auto config = shard_.config_for(group, index, desired, platform);
  if (config) return {std::move(*config), {}};
  Fit out;
  out.refused = config.error().detail;
  // A rule that does not go with the device's other values is left out, as when it was new; the others hold.
  config::Values overlay;
  rules_.visit(GroupView(group, index), [&](const Rule& rule) {
    if (rule.command().verb != bus::Verb::set && rule.command().verb != bus::Verb::unset) return;
    config::Values next = overlay;
    if (!lay_over(rule, group, next) || !shard_.config_for(group, index, next, {})) return;
    overlay = std::move(next);
  });
  auto fitting = shard_.config_for(group, index, overlay, platform);
  if (!fitting) fitting = shard_.config_for(group, index, overlay, {});
  if (fitting) out.config = std::move(*fitting);
  return out;
}

bool Alignment::make(Group& group, std::uint32_t index, bus::CommandResult& result) {
  const GroupView view(group, index);
  const Desired desired = rules_.desired(group, view);
  Fit fitting = fit(group, index, desired.overlay, {});
  if (!fitting.config) {
    result.fail(view.id(), fitting.refused);
    return false;
  }
  Member& member = shard_.add(group, index, std::move(fitting.config));
  shard_.pause(member, desired.paused);
  member.disconnected = desired.disconnected;
  shard_.start(member);
  // Refused now as it would be then.
  change_held_actions(shard_, member, {}, held_actions(desired.actions, group), nullptr);
  return true;
}

bool Alignment::bring_in_line(Member& member, const RuleChange* change, bus::CommandResult& result) {
  const Group& group = *member.group;
  const GroupView view(group, member.index);
  const bool concerned = change != nullptr && change->concerns(view);
  const Desired desired = rules_.desired(group, view);
  config::Values platform = member.config->platform();
  if (!platform.empty()) {
    const auto forget = [&](const Rule& rule) { forget_paths(rule, group, platform); };
    if (concerned) {
      change->dropped.visit(view, forget);
      change->added.visit(view, forget);
    }
    std::erase_if(platform, [&](const auto& each) { return group.schema().find(each.first) == nullptr; });
  }
  bool touched = concerned || member.paused != desired.paused || member.disconnected != desired.disconnected;
  if (!member.config->is(group, member.index, desired.overlay, platform)) {
    Fit fitting = fit(group, member.index, desired.overlay, platform);
    if (!fitting.config || (concerned && !fitting.refused.empty())) result.reject(view.id(), fitting.refused);
    if (fitting.config) {
      touched = touched || !(fitting.config->values() == member.config->values());
      shard_.reconfigure(member, std::move(fitting.config));
    }
  }
  shard_.pause(member, desired.paused);
  shard_.disconnect(member, desired.disconnected);
  if (!concerned) return touched;
  std::vector<const Rule*> before = change->dropped.desired(group, view).actions;
  const std::vector<const Rule*> added = change->added.desired(group, view).actions;
  for (const Rule* rule : desired.actions) {
    if (std::find(added.begin(), added.end(), rule) == added.end()) before.push_back(rule);
  }
  std::sort(before.begin(), before.end(),
            [](const Rule* a, const Rule* b) { return a->command().revision < b->command().revision; });
  change_held_actions(shard_, member, held_actions(before, group), held_actions(desired.actions, group),
                      &result);
  return true;
}

void Alignment::align(Scope scope, std::shared_ptr<bus::CommandResult> result, std::function<void()> done) {
  // By name: a group may be replaced between two slices.
  struct Cursor {
    Scope scope;
    std::vector<std::string> names;
    std::size_t group = 0;
    std::uint32_t index = 0;
  };
  auto cursor = std::make_shared<Cursor>();
  for (const auto& group : shard_.groups()) {
    const bool looked_at =
        scope.everything || scope.change != nullptr || scope.groups.contains(group->name());
    if (looked_at) cursor->names.push_back(group->name());
  }
  cursor->scope = std::move(scope);
  auto step = std::make_shared<std::function<void()>>();
  *step = [this, cursor, result, done = std::move(done), weak = std::weak_ptr(step)] {
    const Scope& what = cursor->scope;
    const TimePoint end = shard_.loop().now() + what.slice;
    const auto again = [&] { shard_.loop().post([self = weak.lock()] { (*self)(); }); };
    const auto touched = [&](bool good, std::uint64_t rejected_before) {
      ++result->matched;
      if (good && result->rejected == rejected_before) ++result->applied;
    };
    std::uint64_t gone = 0;
    const bool all_gone = shard_.retire_some(end, gone);
    result->matched += gone;
    result->applied += gone;
    if (!all_gone) return again();
    std::uint32_t looked = 0;
    for (; cursor->group < cursor->names.size(); ++cursor->group, cursor->index = 0) {
      Group* group = shard_.find_group(cursor->names[cursor->group]);
      if (group == nullptr) continue;
      const bool changed = what.everything || what.groups.contains(group->name());
      for (; cursor->index < group->count(); ++cursor->index) {
        if (++looked % 16 == 0 && shard_.loop().now() >= end) return again();
        const std::uint32_t key = group->keys[cursor->index];
        const std::uint64_t rejected = result->rejected;
        if (key == Group::kNoKey) {
          if (!changed || !shard_.hosts(*group, cursor->index)) continue;
          touched(make(*group, cursor->index, *result), rejected);
          continue;
        }
        Member& member = *shard_.at(key);
        if (!changed && !what.change->concerns(GroupView(*group, cursor->index))) continue;
        const bool any = bring_in_line(member, what.change.get(), *result);
        if (any || result->rejected != rejected) touched(true, rejected);
      }
    }
    done();
  };
  (*step)();
}

}  // namespace vfleet::fleet
