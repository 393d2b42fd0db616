#include "simulator/fleet/commands.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "simulator/bus/rule_set.h"
#include "simulator/fleet/held_actions.h"
#include "simulator/fleet/sweep.h"
#include "simulator/fleet/views.h"

namespace vfleet::fleet {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string device_id(const Member& member) {
  Group::IdBuffer buffer;
  return std::string(member.group->id(member.index, buffer));
}

// The layers that a set or unset rule makes of a device's: an operator's word also goes over the platform's.
struct Layers {
  config::Values overlay;
  config::Values platform;
};
void forget_paths(const Rule& rule, const Group& group, config::Values& platform) {
  if (platform.empty()) return;
  for (const std::string& path : rule.paths()) platform.erase(path);
  if (rule.command().verb != bus::Verb::set) return;
  if (const auto& patch = rule.patch(group); patch) {
    for (const auto& [path, value] : *patch) platform.erase(path);
  }
}
Result<Layers> changed_layers(const Rule& rule, const Group& group, const EffectiveConfig& config) {
  Layers out{config.overlay(), config.platform()};
  if (auto laid = lay_over(rule, group, out.overlay); !laid) return tl::unexpected<Error>(laid.error());
  forget_paths(rule, group, out.platform);
  return out;
}

}  // namespace

/// Once for all devices that share a configuration. What a secret was to become is not told.
void Commands::log_refused(const Rule& rule, const Member& member, const Error& error) {
  if (shard_.log() == nullptr || !shard_.log()->wants(log::Level::warn)) return;
  const json args = json::parse(rule.command().args, nullptr, false);
  const json patch = args.is_object() ? args.value("patch", json::object()) : json::object();
  bool secret = false;
  for (const auto& each : patch.items()) {
    const config::Key* key = member.group->schema().find(each.key());
    secret = secret || (key != nullptr && key->secret);
  }
  shard_.log()->line(log::Level::warn, device_id(member),
                     "configuration refused cmd=" + rule.command().id +
                         (secret ? std::string(": it has a secret") : " reason=\"" + error.detail + "\""));
}

/// One command under way.
struct Commands::Run {
  std::unique_ptr<Rule> rule;
  bus::CommandResult result;
  bus::ResultReply reply;
  std::function<void()> done;
  bool replied = false;    // by somebody else, later: wait=acked
  std::uint64_t owed = 0;  // answers that devices have still to give
  bool over = false;       // every device was asked
};

void Commands::execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done) {
  auto run = std::make_shared<Run>();
  run->result.id = command.id;
  run->result.epoch = command.epoch;
  run->result.seq = command.seq;
  run->result.shard = shard_.assignment().shard;
  run->reply = std::move(reply);
  run->done = std::move(done);
  if (command.expires_us != 0 && to_us(shard_.loop().clock().wall_now()) > command.expires_us) {
    run->result.fail("", "expired before this worker could execute it");
    return finish(run);
  }
  auto rule = Rule::make(command);
  if (!rule) {
    run->result.fail("", rule.error().detail);
    return finish(run);
  }
  run->rule = std::move(*rule);
  switch (command.verb) {
    case bus::Verb::set:
      return set(run);
    case bus::Verb::unset:
      return unset(run);
    case bus::Verb::pause:
    case bus::Verb::resume:
      return over_devices(run, [this, run, paused = command.verb == bus::Verb::pause](Member& member) {
        shard_.pause(member, paused);
        ++run->result.applied;
      });
    case bus::Verb::connect:
    case bus::Verb::disconnect:
      return over_devices(run, [this, run, off = command.verb == bus::Verb::disconnect](Member& member) {
        shard_.disconnect(member, off);
        ++run->result.applied;
      });
    case bus::Verb::action:
      return act(run);
    case bus::Verb::trigger:
      return trigger(run);
    case bus::Verb::reboot:
      return reboot(run);
    case bus::Verb::cancel: {
      const json args = json::parse(command.args, nullptr, false);
      const auto job = args.is_object() ? args.value("job", json()) : json();
      if (job.is_string() && triggers_.cancel_job(job.get<std::string>())) {
        run->result.matched = run->result.applied = 1;
      }
      return finish(run);
    }
    case bus::Verb::reload:
    case bus::Verb::scale:
      return reload(run);
    case bus::Verb::rollback:
      return roll_back(run);
  }
}

void Commands::over_devices(const std::shared_ptr<Run>& run, std::function<void(Member&)> apply) {
  sweep(
      shard_, run->rule->selector(), kSlice,
      [run, apply = std::move(apply)](Member& member) {
        ++run->result.matched;
        apply(member);
        return true;
      },
      [this, run] { finish(run); });
}

void Commands::finish(const std::shared_ptr<Run>& run) {
  ++shard_.figures().commands_applied;
  if (run->rule != nullptr && run->rule->command().revision != 0 && bus::is_rule(run->rule->command().verb)) {
    rules_.record(run->rule->command());
  }
  run->over = true;
  // Later commands do not wait for devices that answer later; this one's reply does.
  if (!run->replied && run->owed == 0) run->reply(std::move(run->result));
  run->done();
}

LateAnswer Commands::late_answer(const std::shared_ptr<Run>& run, const Member& member) {
  return [run, id = device_id(member)](const Status& status, bool) {
    --run->owed;
    if (status) {
      ++run->result.applied;
    } else if (status.error().code == Errc::timed_out) {
      run->result.fail(id, status.error().detail);
    } else {
      run->result.reject(id, status.error().detail);
    }
    if (run->over && run->owed == 0) run->reply(std::move(run->result));
  };
}

void Commands::set(const std::shared_ptr<Run>& run) {
  // Many devices share few configurations: each is validated and made once.
  struct Made {
    ConfigRef from;  // held: its address is the key
    Result<ConfigRef> to;
  };
  auto made = std::make_shared<std::map<std::pair<const Group*, const EffectiveConfig*>, Made>>();
  over_devices(run, [this, run, made](Member& member) {
    const auto key = std::pair<const Group*, const EffectiveConfig*>(member.group, member.config.get());
    auto at = made->find(key);
    if (at == made->end()) {
      auto layers = changed_layers(*run->rule, *member.group, *member.config);
      Result<ConfigRef> to = layers ? shard_.config_for(member, layers->overlay, layers->platform)
                                    : Result<ConfigRef>(tl::unexpected<Error>(std::move(layers.error())));
      at = made->emplace(key, Made{member.config, std::move(to)}).first;
      if (!at->second.to) log_refused(*run->rule, member, at->second.to.error());
    }
    if (!at->second.to) return run->result.reject(device_id(member), at->second.to.error().detail);
    shard_.reconfigure(member, *at->second.to);
    ++run->result.applied;
  });
}

void Commands::unset(const std::shared_ptr<Run>& run) {
  set(run);
}

void Commands::act(const std::shared_ptr<Run>& run) {
  over_devices(run, [this, run](Member& member) {
    const auto& args = run->rule->action_args(*member.group);
    if (!args) return run->result.reject(device_id(member), args.error().detail);
    const bool of_link = member.group->type().description().action(run->rule->action()) == nullptr &&
                         member.group->uplink().action(run->rule->action()) != nullptr;
    if (of_link) {
      const Status status = shard_.act_on_link(member, {.action = run->rule->action(), .args = *args});
      if (!status) return run->result.reject(device_id(member), status.error().detail);
      ++run->result.applied;
      return;
    }
    const bool open = member.group->type().description().open;
    const CallOutcome outcome = shard_.act(member, {.name = run->rule->action(), .args = &*args},
                                           open ? late_answer(run, member) : nullptr);
    if (outcome.later) {
      ++run->owed;
      return;
    }
    if (!outcome.status) return run->result.reject(device_id(member), outcome.status.error().detail);
    ++run->result.applied;
  });
}

void Commands::trigger(const std::shared_ptr<Run>& run) {
  auto read = TriggerSpec::from_args(run->rule->command().args);
  if (!read) {
    run->result.fail("", read.error().detail);
    return finish(run);
  }
  auto spec = std::make_shared<const TriggerSpec>(std::move(*read));
  if (spec->repeats()) {
    auto members = std::make_shared<std::vector<std::uint32_t>>();
    return sweep(
        shard_, run->rule->selector(), kSlice,
        [run, members, spec](Member& member) {
          ++run->result.matched;
          const device::TypeDescription& type = member.group->type().description();
          if (type.report_index(spec->report) < 0 && !type.open) {
            run->result.reject(device_id(member),
                               member.group->type_name() + " has no report '" + spec->report + "'");
            return true;
          }
          ++run->result.applied;
          members->push_back(member.key);
          return true;
        },
        [this, run, members, spec] {
          triggers_.start_job(run->rule->command(), spec, std::move(*members));
          finish(run);
        });
  }
  const std::uint32_t waiter = spec->wait == WaitFor::accepted ? 0 : triggers_.begin_wait(spec->wait);
  sweep(
      shard_, run->rule->selector(), kSlice,
      [this, run, spec, waiter](Member& member) {
        const auto later = [&](Member& whose) {
          return whose.group->type().description().open ? late_answer(run, whose) : LateAnswer();
        };
        if (triggers_.fire(member, spec, waiter, run->result, later) && waiter == 0) ++run->owed;
        return true;
      },
      [this, run, spec, waiter] {
        if (waiter != 0) {
          run->replied = true;
          triggers_.finish_wait(waiter, std::move(run->result), spec->timeout, run->reply);
        }
        finish(run);
      });
}

void Commands::reboot(const std::shared_ptr<Run>& run) {
  const json args = json::parse(run->rule->command().args, nullptr, false);
  Duration down = 5s;
  if (args.is_object() && args.contains("down") && args["down"].is_string()) {
    const auto parsed = parse_duration(args["down"].get<std::string>());
    if (!parsed) {
      run->result.fail("", parsed.error().detail);
      return finish(run);
    }
    down = *parsed;
  }
  over_devices(run, [this, run, down](Member& member) {
    if (member.down) return run->result.reject(device_id(member), "rebooting already");
    shard_.reboot(member, down);
    ++run->result.applied;
  });
}

void Commands::reload(const std::shared_ptr<Run>& run) {
  const json args = json::parse(run->rule->command().args, nullptr, false);
  if (!args.is_object()) {
    run->result.fail("", "the arguments are no JSON object");
    return finish(run);
  }
  std::vector<std::string> groups;
  std::vector<std::string> removed;
  if (const auto all = args.find("groups"); all != args.end() && all->is_array()) {
    for (const json& group : *all) groups.push_back(group.dump());
  }
  if (const auto all = args.find("removed"); all != args.end() && all->is_array()) {
    for (const json& name : *all) {
      if (name.is_string()) removed.push_back(name.get<std::string>());
    }
  }
  Alignment alignment;
  alignment.groups = put_groups(groups, removed, run->result);
  align(run, std::move(alignment));
}

void Commands::roll_back(const std::shared_ptr<Run>& run) {
  const auto rollback = bus::decode_rollback(run->rule->command().args);
  if (!rollback) {
    run->result.fail("", rollback.error().detail);
    return finish(run);
  }
  auto change = std::make_shared<RuleChange>();  // two slices and more look at it
  for (const std::uint64_t revision : rollback->delta.dropped) {
    if (const auto rule = rules_.find(revision)) change->dropped.share(rule);
  }
  rules_.record(run->rule->command());
  for (const bus::Command& command : rollback->delta.added) {
    if (const auto rule = rules_.find(command.revision)) change->added.share(rule);
  }
  Alignment alignment;
  alignment.groups = put_groups(rollback->groups, rollback->removed, run->result);
  if (!change->dropped.empty() || !change->added.empty()) alignment.change = std::move(change);
  align(run, std::move(alignment));
}

std::set<std::string> Commands::put_groups(const std::vector<std::string>& groups,
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

void Commands::align(const std::shared_ptr<Run>& run, Alignment alignment) {
  auto result = std::make_shared<bus::CommandResult>(std::move(run->result));
  alignment.slice = kSlice;
  align(std::move(alignment), result, [this, run, result] {
    run->result = std::move(*result);
    finish(run);
  });
}

void Commands::converge(std::shared_ptr<const RuleChange> change, std::shared_ptr<bus::CommandResult> result,
                        std::function<void()> done) {
  Alignment alignment;
  alignment.change = std::move(change);
  alignment.everything = true;
  // Before there are devices there is nothing to disturb.
  alignment.slice = shard_.size() == 0 ? Duration(2ms) : kSlice;
  align(std::move(alignment), std::move(result), std::move(done));
}

Commands::Fit Commands::fit(const Group& group, std::uint32_t index, const config::Values& desired,
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

bool Commands::make(Group& group, std::uint32_t index, bus::CommandResult& result) {
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

bool Commands::bring_in_line(Member& member, const RuleChange* change, bus::CommandResult& result) {
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

void Commands::align(Alignment alignment, std::shared_ptr<bus::CommandResult> result,
                     std::function<void()> done) {
  // By name: a group may be replaced between two slices.
  struct Cursor {
    Alignment alignment;
    std::vector<std::string> names;
    std::size_t group = 0;
    std::uint32_t index = 0;
  };
  auto cursor = std::make_shared<Cursor>();
  for (const auto& group : shard_.groups()) {
    const bool looked_at =
        alignment.everything || alignment.change != nullptr || alignment.groups.contains(group->name());
    if (looked_at) cursor->names.push_back(group->name());
  }
  cursor->alignment = std::move(alignment);
  auto step = std::make_shared<std::function<void()>>();
  *step = [this, cursor, result, done = std::move(done), weak = std::weak_ptr(step)] {
    const Alignment& what = cursor->alignment;
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

bool would_change(Shard& shard, const Rule& rule, Member& member) {
  switch (rule.command().verb) {
    case bus::Verb::set:
    case bus::Verb::unset: {
      const auto layers = changed_layers(rule, *member.group, *member.config);
      if (!layers) return false;
      const auto config = shard.config_for(member, layers->overlay, layers->platform);
      return config && !((*config)->values() == member.config->values());
    }
    case bus::Verb::pause:
      return !member.paused;
    case bus::Verb::resume:
      return member.paused;
    case bus::Verb::connect:
      return member.disconnected;
    case bus::Verb::disconnect:
      return !member.disconnected;
    case bus::Verb::action:
      return rule.action_args(*member.group).has_value();
    case bus::Verb::trigger:
      return member.online;
    case bus::Verb::reboot:
      return !member.down;
    case bus::Verb::cancel:
    case bus::Verb::reload:
    case bus::Verb::scale:
    case bus::Verb::rollback:
      return false;
  }
  return false;
}

}  // namespace vfleet::fleet
