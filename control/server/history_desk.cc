#include "control/server/history_desk.h"

#include <nlohmann/json.hpp>

namespace vfleet::control::server {

using nlohmann::json;

namespace {

constexpr std::size_t kRowsInFrame = 200;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// In a list, a group is its name and a rule its revision: whole ones may be megabytes.
void shorten(json& args) {
  if (!args.is_object()) return;
  for (const auto& [list, name] : {std::pair{"groups", "name"}, std::pair{"rules", "revision"}}) {
    const auto at = args.find(list);
    if (at == args.end() || !at->is_array()) continue;
    json short_ones = json::array();
    for (const json& each : *at) short_ones.push_back(each.is_object() ? each.value(name, json()) : json());
    *at = std::move(short_ones);
  }
}

std::string outcome_text(const json& reply, int status) {
  const auto count = [&](const char* name) {
    const auto at = reply.find(name);
    return at != reply.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
  };
  if (reply.is_object() && reply.value("kind", json()) == "error") {
    const json code = reply.value("code", json());
    return code == "outcome_unknown" ? "outcome unknown" : "failed";
  }
  if (status == 3 || (count("matched") == 0 && status == 0)) return "nothing matched";
  std::string text =
      std::to_string(count("applied")) + " of " + std::to_string(count("matched")) + " applied";
  if (count("rejected") > 0) text += ", " + std::to_string(count("rejected")) + " rejected";
  if (count("failed") > 0) text += ", " + std::to_string(count("failed")) + " failed";
  return text;
}

}  // namespace

void HistoryDesk::handle(const CommandDesk::Asker& asker, const api::History& request) {
  if (request.id) {
    return core_.journal.entry(*request.id,
                               [this, asker, id = *request.id](const Result<journal::Entry>& entry) {
                                 answer_one(asker, "command " + id, entry);
                               });
  }
  if (request.revision) {
    const std::string what = "revision " + std::to_string(*request.revision);
    return core_.journal.entry_at(
        *request.revision,
        [this, asker, what](const Result<journal::Entry>& entry) { answer_one(asker, what, entry); });
  }
  journal::Filter filter;
  filter.limit = static_cast<std::size_t>(request.limit);
  filter.durable_only = request.durable;
  filter.below = request.before;
  core_.journal.history(filter, [this, asker](const Result<std::vector<journal::Entry>>& entries) {
    if (!entries) return fail_with(asker, entries.error());
    answer_list(asker, *entries);
  });
}

void HistoryDesk::fail_with(const CommandDesk::Asker& asker, const Error& error) {
  core_.ports.to_operator(
      asker.identity, api::error(asker.id, {api::ExitStatus::failed, "journal", error.detail, "try again"}));
}

void HistoryDesk::answer_list(const CommandDesk::Asker& asker, const std::vector<journal::Entry>& entries) {
  std::vector<api::JsonText> frame;
  for (const journal::Entry& entry : entries) {
    frame.push_back(dump(row(entry, false)));
    if (frame.size() < kRowsInFrame) continue;
    core_.ports.to_operator(asker.identity, api::rows(asker.id, frame));
    frame.clear();
  }
  if (!frame.empty()) core_.ports.to_operator(asker.identity, api::rows(asker.id, frame));
  api::ReplyMembers members;
  members.number("matched", entries.size()).number("revision", core_.desired.revision());
  core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
}

void HistoryDesk::answer_one(const CommandDesk::Asker& asker, const std::string& what,
                             const Result<journal::Entry>& entry) {
  if (!entry && entry.error().code != Errc::not_found) return fail_with(asker, entry.error());
  if (!entry) {
    return core_.ports.to_operator(
        asker.identity, api::error(asker.id, {api::ExitStatus::nothing, "not_found",
                                              "the journal knows no " + what + " (the fleet is at revision " +
                                                  std::to_string(core_.desired.revision()) + ")",
                                              "`vfleet history --limit 100` lists what there is"}));
  }
  core_.ports.to_operator(asker.identity, api::rows(asker.id, {dump(row(*entry, true))}));
  api::ReplyMembers members;
  members.number("matched", 1).number("revision", core_.desired.revision());
  core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
}

json HistoryDesk::row(const journal::Entry& entry, bool whole) const {
  const bus::Command& command = entry.command;
  json args = masking_.args(command);
  if (!whole) shorten(args);
  json out = {{"revision", command.revision},
              {"id", command.id},
              {"epoch", command.epoch},
              {"seq", command.seq},
              {"issued_us", command.issued_us},
              {"verb", command.verb == bus::Verb::action ? "do" : bus::to_string(command.verb)},
              {"selector", command.selector},
              {"args", std::move(args)},
              {"durable", command.revision > 0},
              {"line", masking_.line(command)}};
  if (!entry.outcome) {
    const bool ours = command.epoch == core_.options.epoch && core_.pending.waits_for(command.id);
    out["outcome"] = ours ? "in progress" : "outcome unknown";
    return out;
  }
  const json reply = json::parse(entry.outcome->reply, nullptr, false);
  out["status"] = entry.outcome->status;
  out["outcome"] = outcome_text(reply.is_object() ? reply : json::object(), entry.outcome->status);
  if (!reply.is_object()) return out;
  for (const char* name : {"matched", "applied", "rejected", "failed", "silent"}) {
    if (reply.contains(name)) out[name] = reply[name];
  }
  if (whole) out["reply"] = reply;
  return out;
}

}  // namespace vfleet::control::server
