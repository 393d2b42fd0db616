#include "simulator/fleet/commands.h"

#include <map>
#include <nlohmann/json.hpp>

#include "simulator/bus/rule_set.h"
#include "simulator/fleet/layers.h"
#include "simulator/fleet/sweep.h"
#include "simulator/fleet/views.h"

namespace vfleet::fleet {

using nlohmann::json;
using namespace std::chrono_literals;

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
  Alignment::Scope scope;
  scope.groups = alignment_.put_groups(groups, removed, run->result);
  align(run, std::move(scope));
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
  Alignment::Scope scope;
  scope.groups = alignment_.put_groups(rollback->groups, rollback->removed, run->result);
  if (!change->dropped.empty() || !change->added.empty()) scope.change = std::move(change);
  align(run, std::move(scope));
}

void Commands::align(const std::shared_ptr<Run>& run, Alignment::Scope scope) {
  auto result = std::make_shared<bus::CommandResult>(std::move(run->result));
  scope.slice = kSlice;
  alignment_.align(std::move(scope), result, [this, run, result] {
    run->result = std::move(*result);
    finish(run);
  });
}

void Commands::converge(std::shared_ptr<const RuleChange> change, std::shared_ptr<bus::CommandResult> result,
                        std::function<void()> done) {
  // Before there are devices there is nothing to disturb.
  const Duration slice = shard_.size() == 0 ? Duration(2ms) : kSlice;
  alignment_.align({.everything = true, .groups = {}, .change = std::move(change), .slice = slice},
                   std::move(result), std::move(done));
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
