#include "simulator/fleet/commands.h"

#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "simulator/bus/rule_set.h"
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

// The overlay that a set or unset rule makes of `overlay`.
Result<config::Values> changed_overlay(const Rule& rule, const Group& group, const config::Values& overlay) {
  config::Values out = overlay;
  if (rule.command().verb == bus::Verb::unset) {
    for (const std::string& path : rule.paths()) out.erase(path);
    return out;
  }
  const auto& patch = rule.patch(group);
  if (!patch) return tl::unexpected<Error>(patch.error());
  for (const auto& [path, value] : *patch) out.insert_or_assign(path, value);
  return out;
}

}  // namespace

/// One command under way.
struct Commands::Run {
  std::unique_ptr<Rule> rule;
  bus::CommandResult result;
  bus::ResultReply reply;
  std::function<void()> done;
  bool replied = false;  // by somebody else, later: wait=acked
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
    case bus::Verb::rollback:
      return reload(run);
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
  if (run->rule != nullptr && run->rule->command().revision != 0 &&
      bus::is_rule(run->rule->command().verb)) {
    rules_.add(std::move(run->rule));
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
      auto overlay = changed_overlay(*run->rule, *member.group, member.config->overlay());
      Result<ConfigRef> to = overlay ? shard_.config_for(member, *overlay)
                                     : Result<ConfigRef>(tl::unexpected<Error>(std::move(overlay.error())));
      at = made->emplace(key, Made{member.config, std::move(to)}).first;
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
  if (const auto removed = args.find("removed"); removed != args.end() && removed->is_array()) {
    for (const json& name : *removed) {
      if (!name.is_string()) continue;
      if (const Group* group = shard_.find_group(name.get<std::string>()); group != nullptr)
        shard_.remove_group(group->name());
    }
  }
  if (const auto groups = args.find("groups"); groups != args.end() && groups->is_array()) {
    for (const json& group : *groups) {
      if (auto put = shard_.put_group(group.dump()); !put) run->result.fail("", put.error().detail);
    }
  }
  auto result = std::make_shared<bus::CommandResult>(std::move(run->result));
  converge(result, [this, run, result] {
    run->result = std::move(*result);
    finish(run);
  });
}

void Commands::bring_in_line(Group& group, std::uint32_t index, bus::CommandResult* result) {
  const GroupView view(group, index);
  const Desired desired = rules_.desired(group, view);
  const std::uint32_t key = group.keys[index];
  if (result != nullptr) ++result->matched;
  if (key == Group::kNoKey) {
    auto made = shard_.add(group, index, desired.overlay);
    // A rule that does not go with this device's own values must not keep it from living.
    if (!made) made = shard_.add(group, index, {});
    if (!made) {
      if (result != nullptr) result->fail(view.id(), made.error().detail);
      return;
    }
    Member& member = **made;
    shard_.pause(member, desired.paused);
    member.disconnected = desired.disconnected;
    shard_.start(member);
    for (const Rule* rule : desired.actions) {
      if (const auto& args = rule->action_args(group); args) {
        (void)shard_.act(member,
                         {.name = rule->action(), .args = &*args});  // refused now as it would be then
      }
    }
    if (result != nullptr) ++result->applied;
    return;
  }
  Member& member = *shard_.at(key);
  auto config = shard_.config_for(member, shard_.with_platform(member, desired.overlay));
  if (!config) {
    if (result != nullptr) result->reject(view.id(), config.error().detail);
    return;
  }
  shard_.reconfigure(member, std::move(*config));
  shard_.pause(member, desired.paused);
  shard_.disconnect(member, desired.disconnected);
  if (result != nullptr) ++result->applied;
}

void Commands::converge(std::shared_ptr<bus::CommandResult> result, std::function<void()> done) {
  // By name: a group may be replaced between two slices.
  struct Cursor {
    std::vector<std::string> names;
    std::size_t group = 0;
    std::uint32_t index = 0;
  };
  auto cursor = std::make_shared<Cursor>();
  for (const auto& group : shard_.groups()) cursor->names.push_back(group->name());
  auto step = std::make_shared<std::function<void()>>();
  *step = [this, cursor, result, done = std::move(done), weak = std::weak_ptr(step)] {
    const TimePoint end = shard_.loop().now() + 2ms;
    std::uint32_t looked = 0;
    for (; cursor->group < cursor->names.size(); ++cursor->group, cursor->index = 0) {
      Group* group = shard_.find_group(cursor->names[cursor->group]);
      if (group == nullptr) continue;
      for (; cursor->index < group->count(); ++cursor->index) {
        if (++looked % 16 == 0 && shard_.loop().now() >= end) {
          return shard_.loop().post([self = weak.lock()] { (*self)(); });
        }
        if (shard_.hosts(*group, cursor->index)) bring_in_line(*group, cursor->index, result.get());
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
      const auto overlay = changed_overlay(rule, *member.group, member.config->overlay());
      if (!overlay) return false;
      const auto config = shard.config_for(member, *overlay);
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
