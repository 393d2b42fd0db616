#include "control/server/command_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vfleet::control::server {

using bus::Verb;
using nlohmann::json;

namespace {

/// Triggers and the like are not wanted any more when they could not be delivered for so long.
constexpr Duration kExpires = std::chrono::seconds(10);
constexpr Duration kWaitMax = std::chrono::hours(1);
/// A worker gives up so much earlier on what an operator waits for: its answer says which reports had none.
constexpr Duration kAnswerTravels = std::chrono::seconds(1);
/// So that a command also fits into a snapshot's or a tail's part.
constexpr std::size_t kCommandBytesMax = bus::kFrameBytesMax - bus::kPartBytes;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json object_of(const std::map<std::string, api::JsonText>& members) {
  json out = json::object();
  for (const auto& [name, text] : members) out[name] = json::parse(text, nullptr, false);
  return out;
}

Status fine(const Types&) {
  return {};
}

}  // namespace

void CommandDesk::refuse(const Asker& asker, const Error& error, std::string hint) {
  answer(asker, api::error(asker.id, api::usage_failure(error, std::move(hint))));
}

void CommandDesk::answer(const Asker& asker, const std::string& frame) {
  core_.ports.to_operator(asker.identity, frame);
  const auto node = entering_.extract(asker.id);
  if (node.empty()) return;
  for (const std::string& also : node.mapped()) core_.ports.to_operator(also, frame);
}

bool CommandDesk::in_hand(const Asker& asker) {
  if (const auto at = entering_.find(asker.id); at != entering_.end()) {
    at->second.push_back(asker.identity);
    return true;
  }
  return core_.pending.repeat(asker.id, asker.identity);
}

void CommandDesk::unless_repeated(const Asker& asker, std::function<void()> handle) {
  if (in_hand(asker)) return;
  if (!core_.known_ids.may_know(asker.id)) return handle();
  core_.journal.entry(asker.id,
                      [this, asker, handle = std::move(handle)](const Result<journal::Entry>& entry) {
                        answer_from_journal(asker, entry, handle);
                      });
}

void CommandDesk::answer_from_journal(const Asker& asker, const Result<journal::Entry>& entry,
                                      const std::function<void()>& handle) {
  // It has forgotten the command, or knows another one whose id looks alike.
  if (!entry && entry.error().code == Errc::not_found) {
    if (!in_hand(asker)) handle();
    return;
  }
  if (!entry) {
    return core_.ports.to_operator(asker.identity, api::error(asker.id, {api::ExitStatus::failed, "journal",
                                                                         entry.error().detail, "try again"}));
  }
  const bus::Command& command = entry->command;
  core_.ports.to_operator(asker.identity, api::accepted(asker.id, command.seq, command.revision));
  if (entry->outcome) return core_.ports.to_operator(asker.identity, entry->outcome->reply);
  api::ReplyMembers members;
  members.number("seq", command.seq).number("revision", command.revision);
  core_.ports.to_operator(
      asker.identity,
      api::error(
          asker.id,
          {api::ExitStatus::failed, "outcome_unknown",
           "outcome unknown: control ended before every worker had answered; the command was not repeated",
           command.revision > 0 ? "the change is recorded, and every worker applies it"
                                : "look at the devices, then ask again with another id"},
          members));
}

void CommandDesk::handle(const Asker& asker, const api::Set& request) {
  Draft draft;
  draft.verb = Verb::set;
  draft.args = dump({{"patch", object_of(request.patch)}});
  draft.drop_by = "`vfleet unset` with the same selector and paths drops it";
  change(
      asker, request.target, [&](const Types& types) { return check_patch(types, request.patch); },
      std::move(draft));
}

void CommandDesk::handle(const Asker& asker, const api::Unset& request) {
  Draft draft;
  draft.verb = Verb::unset;
  draft.args = dump({{"paths", request.paths}});
  change(
      asker, request.target, [&](const Types& types) { return check_paths(types, request.paths); },
      std::move(draft));
}

void CommandDesk::handle(const Asker& asker, const api::Switch& request) {
  Draft draft;
  draft.verb = request.verb;
  change(asker, request.target, fine, std::move(draft));
}

void CommandDesk::handle(const Asker& asker, const api::Reboot& request) {
  Draft draft;
  draft.verb = Verb::reboot;
  draft.args = dump({{"down", request.down}});
  draft.durable = false;
  draft.expires = kExpires;
  change(asker, request.target, fine, std::move(draft));
}

void CommandDesk::handle(const Asker& asker, const api::Do& request) {
  Draft draft;
  draft.verb = Verb::action;
  draft.args = dump({{"action", request.action}, {"args", object_of(request.args)}});
  bool durable = false;
  const Check check = [&](const Types& types) -> Status {
    auto checked = check_action(types, request.action, request.args);
    if (!checked) return tl::unexpected(checked.error());
    durable = *checked;
    return {};
  };
  // What kind of action it is depends on the types it reaches, so that is looked at first.
  if (auto selector = bus::Selector::parse(request.target.selector)) {
    static_cast<void>(check(core_.view->types_reached(*selector)));
  }
  draft.durable = durable;
  if (durable) draft.drop_by = "the action that undoes it, or `vfleet rollback`, drops it";
  if (!durable) draft.expires = kExpires;
  change(asker, request.target, check, std::move(draft));
}

void CommandDesk::handle(const Asker& asker, const api::Trigger& request) {
  json args = {{"report", request.report},
               {"channel", request.channel},
               {"fields", object_of(request.fields)},
               {"count", request.count},
               {"every_us", to_us(request.every)},
               {"spread_us", to_us(request.spread)},
               {"wait", request.until},
               {"queue", request.queue}};
  if (request.until != "accepted") {
    const Duration patience = request.target.timeout.value_or(PendingCommands::kTimeout);
    args["timeout_us"] = to_us(std::max(patience - kAnswerTravels, patience / 2));
  }
  if (request.payload) args["payload"] = *request.payload;
  if (request.unchecked) args["unchecked"] = true;
  Draft draft;
  draft.verb = Verb::trigger;
  draft.args = dump(args);
  draft.durable = false;
  draft.expires = kExpires;
  if (request.count > 1) draft.members.text("job", asker.id);
  change(
      asker, request.target,
      [&](const Types& types) -> Status {
        if (auto good = check_report(types, request.report); !good) return good;
        return request.unchecked ? Status() : check_fields(types, request.report, request.fields);
      },
      std::move(draft));
}

void CommandDesk::handle(const Asker& asker, const api::Cancel& request) {
  Draft draft;
  draft.verb = Verb::cancel;
  draft.selector = "all";
  draft.args = dump({{"job", request.job}});
  draft.durable = false;
  publish(asker, std::move(draft));
}

Status CommandDesk::check_revision(const api::Target& target) const {
  // Those that wait for the journal count: two that name the same revision must not both pass.
  const std::uint64_t revision = core_.line.pending_revision();
  if (!target.if_revision || *target.if_revision == revision) return {};
  return fail(Errc::rejected, "the fleet is at revision " + std::to_string(revision) + ", not " +
                                  std::to_string(*target.if_revision));
}

void CommandDesk::change(const Asker& asker, const api::Target& target, const Check& check, Draft draft) {
  auto selector = bus::Selector::parse(target.selector);
  if (!selector) {
    return refuse(asker,
                  {selector.error().code, "selector '" + target.selector + "': " + selector.error().detail});
  }
  if (auto good = check(core_.view->types_reached(*selector)); !good) return refuse(asker, good.error());
  if (auto good = check_revision(target); !good) return refuse(asker, good.error());
  draft.timeout = target.timeout;
  draft.wait_for_all = target.wait && draft.durable;
  draft.selector = selector->text();

  if (target.dry_run) {
    const std::string verb(bus::to_string(draft.verb));
    return resolve(*selector, selector->limit(), verb, draft.args, [this, asker](Matches matches) {
      api::ReplyMembers members;
      members.number("matched", matches.ids.size()).number("would_change", matches.would_change);
      std::vector<api::JsonText> silent;
      for (const std::uint32_t shard : matches.silent) silent.push_back(std::to_string(shard));
      members.array("silent", silent);
      const auto status = !matches.silent.empty() ? api::ExitStatus::some
                          : matches.ids.empty()   ? api::ExitStatus::nothing
                                                  : api::ExitStatus::done;
      core_.ports.to_operator(asker.identity, api::result(asker.id, status, members));
    });
  }
  if (selector->identity_only()) {
    // A rule for devices that are not there is more often a slip than a wish.
    if (draft.durable && !target.future && !core_.view->reaches(*selector)) {
      api::Counts counts;
      counts.shards = counts.answered = core_.registry.shards();
      draft.members.counts(counts).number("revision", core_.line.pending_revision());
      draft.members.text("hint", "no rule was made; --future makes one for devices that are yet to come");
      return answer(asker, api::result(asker.id, api::ExitStatus::nothing, draft.members));
    }
    publish(asker, std::move(draft));
    return;
  }
  entering_[asker.id];
  resolve(*selector, selector->limit(), {}, "{}", [this, asker, target, draft](const Matches& matches) {
    if (auto good = check_revision(target); !good) return refuse(asker, good.error());
    publish_resolved(asker, draft, matches);
  });
}

void CommandDesk::publish_resolved(const Asker& asker, Draft draft, const Matches& matches) {
  if (matches.ids.empty()) {
    api::Counts counts;
    counts.shards = core_.registry.shards();
    counts.silent = matches.silent;
    counts.answered = counts.shards - static_cast<std::uint32_t>(matches.silent.size());
    api::ReplyMembers members;
    members.counts(counts);
    return answer(asker, api::result(asker.id, counts.status(), members));
  }
  draft.selector = bus::Selector::of_ids(matches.ids).text();
  publish(asker, std::move(draft));
}

void CommandDesk::publish(const Asker& asker, Draft draft) {
  if (!core_.has_room()) {
    return answer(asker,
                  api::error(asker.id, {api::ExitStatus::failed, "busy",
                                        "too many commands wait for slow workers", "try again later"}));
  }
  if (draft.selector.size() + draft.args.size() > kCommandBytesMax) {
    refuse(asker, {Errc::too_large, "the command names too many devices, or says too much, for one message"},
           "use labels, sample() or several commands");
    return;
  }
  entering_.try_emplace(asker.id);
  Core::Submission submission;
  submission.durable = draft.durable;
  submission.fleet = draft.fleet;
  bus::Command& command = submission.command;
  command.id = asker.id;
  command.selector = std::move(draft.selector);
  command.verb = draft.verb;
  command.args = std::move(draft.args);
  if (draft.expires > Duration::zero())
    command.expires_us = to_us(core_.clock.wall_now()) + to_us(draft.expires);
  submission.refused = [this, asker](const Error& error) { refuse_uncommitted(asker, error); };
  submission.committed = [this, asker, draft = std::move(draft)](const bus::Command& done) {
    wait_for_answers(asker, draft, done);
  };
  core_.submit(std::move(submission));
}

void CommandDesk::refuse_uncommitted(const Asker& asker, const Error& error) {
  if (asker.identity.empty()) spdlog::error("request refused id={} reason=\"{}\"", asker.id, error.detail);
  answer(asker,
         api::error(asker.id, {api::ExitStatus::failed, "journal", "nothing was published: " + error.detail,
                               "control goes on; repeat the request when that is repaired"}));
}

void CommandDesk::wait_for_answers(const Asker& asker, const Draft& draft, const bus::Command& command) {
  PendingCommands::Start start;
  start.id = command.id;
  start.seq = command.seq;
  start.revision = command.revision;
  start.shards = core_.registry.shards();
  start.answering = core_.registry.answering();
  start.wait_for_all = draft.wait_for_all;
  start.timeout = draft.timeout.value_or(draft.wait_for_all ? kWaitMax : PendingCommands::kTimeout);
  start.members = draft.members;
  start.unmatched_is_fine = draft.unmatched_is_fine;
  start.drop_by = draft.drop_by;
  core_.pending.start(std::move(start), asker.identity, core_.now());
  const auto node = entering_.extract(asker.id);
  if (!node.empty()) {
    for (const std::string& also : node.mapped()) static_cast<void>(core_.pending.repeat(asker.id, also));
  }
  if (draft.committed) draft.committed(command);
}

void CommandDesk::resolve(const bus::Selector& selector, std::optional<std::uint64_t> limit,
                          std::string_view verb, const api::JsonText& args,
                          std::function<void(Matches)> done) {
  // It must see what the same operator asked for just before.
  core_.line.when_decided([this, selector, limit, verb = std::string(verb), args, done = std::move(done)] {
    ask_matches(selector, limit, verb, args, done);
  });
}

void CommandDesk::ask_matches(const bus::Selector& selector, std::optional<std::uint64_t> limit,
                              std::string_view verb, const api::JsonText& args,
                              std::function<void(Matches)> done) {
  struct Row {
    std::uint64_t ordinal;
    std::string id;
    bool change;
  };
  const auto rows = std::make_shared<std::vector<Row>>();  // two callbacks fill and read it
  json query = json::object();
  if (limit) query["limit"] = *limit;
  if (!verb.empty()) {
    query["verb"] = verb;
    query["args"] = json::parse(args, nullptr, false);
  }
  FanOut::Ask ask = core_.ask("match", selector.text(), dump(query));
  ask.rows = [rows](std::vector<api::JsonText> more) {
    for (const api::JsonText& text : more) {
      const json row = json::parse(text, nullptr, false);
      if (!row.is_object() || !row.contains("id") || !row["id"].is_string()) continue;
      const auto ordinal = row.find("ordinal");
      const auto change = row.find("change");
      rows->push_back(
          {ordinal != row.end() && ordinal->is_number_unsigned() ? ordinal->get<std::uint64_t>() : 0,
           row["id"].get<std::string>(),
           change != row.end() && !change->is_null() && *change != false && *change != ""});
    }
  };
  ask.done = [rows, limit, done = std::move(done)](std::vector<std::uint32_t> silent) {
    std::sort(rows->begin(), rows->end(), [](const Row& a, const Row& b) { return a.ordinal < b.ordinal; });
    if (limit && rows->size() > *limit) rows->resize(static_cast<std::size_t>(*limit), Row{});
    Matches matches;
    matches.silent = std::move(silent);
    for (Row& row : *rows) {
      matches.would_change += row.change ? 1 : 0;
      matches.ids.push_back(std::move(row.id));
    }
    done(std::move(matches));
  };
  core_.fan_out.ask(std::move(ask), core_.now());
}

}  // namespace vfleet::control::server
