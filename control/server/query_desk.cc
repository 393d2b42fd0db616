#include "control/server/query_desk.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "simulator/config/suggest.h"
#include "simulator/core/nesting.h"

namespace vfleet::control::server {

using nlohmann::json;

namespace {

constexpr std::size_t kWatchesMax = 1000;
constexpr std::size_t kSelectorBytesMax = bus::kFrameBytesMax / 2;
/// Rows of one frame, so that an operator sees the first ones early and frames stay small.
constexpr std::size_t kRowsInFrame = 500;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<api::JsonText> numbers(const std::vector<std::uint32_t>& values) {
  std::vector<api::JsonText> out;
  for (const std::uint32_t value : values) out.push_back(std::to_string(value));
  return out;
}

}  // namespace

void QueryDesk::handle(const Asker& asker, const api::Ls& request) {
  auto selector = bus::Selector::parse(request.selector);
  if (!selector) {
    return commands_.refuse(
        asker, {selector.error().code, "selector '" + request.selector + "': " + selector.error().detail});
  }
  ask(asker, "ls", *selector, "{}", request.limit);
}

void QueryDesk::handle(const Asker& asker, const api::Get& request) {
  auto selector = bus::Selector::parse(request.selector);
  if (!selector) {
    return commands_.refuse(
        asker, {selector.error().code, "selector '" + request.selector + "': " + selector.error().detail});
  }
  if (auto good = check_shown_path(core_.view->types_reached(*selector), request.path); !good) {
    return commands_.refuse(asker, good.error());
  }
  ask(asker, "get", *selector, dump({{"path", request.path}, {"explain", request.explain}}), request.limit);
}

void QueryDesk::ask(const Asker& asker, const std::string& name, const bus::Selector& selector,
                    api::JsonText args, std::optional<std::uint64_t> limit) {
  if (selector.limit()) limit = std::min(limit.value_or(UINT64_MAX), *selector.limit());
  if (!limit) return stream(asker, name, selector.text(), std::move(args));
  commands_.resolve(selector, limit, {}, "{}", [=, this](const CommandDesk::Matches& matches) {
    if (matches.ids.empty()) return finish(asker, 0, matches.silent);
    ordered(asker, name, matches.ids, args);
  });
}

void QueryDesk::stream(const Asker& asker, const std::string& name, const std::string& selector,
                       api::JsonText args) {
  const auto count = std::make_shared<std::uint64_t>(0);  // two callbacks count and read it
  FanOut::Ask ask = core_.ask(name, selector, std::move(args));
  ask.rows = [this, asker, count](std::vector<api::JsonText> rows) {
    *count += rows.size();
    core_.ports.to_operator(asker.identity, api::rows(asker.id, rows));
  };
  ask.done = [this, asker, count](const std::vector<std::uint32_t>& silent) {
    finish(asker, *count, silent);
  };
  core_.fan_out.ask(std::move(ask), core_.now());
}

void QueryDesk::ordered(const Asker& asker, const std::string& name, const std::vector<std::string>& ids,
                        api::JsonText args) {
  const std::string selector = bus::Selector::of_ids(ids).text();
  if (selector.size() > kSelectorBytesMax) {
    return commands_.refuse(
        asker, {Errc::too_large, "the limit is too high: " + std::to_string(ids.size()) + " devices"},
        "leave the limit out to get every device");
  }
  struct Gathered {
    std::unordered_map<std::string, std::size_t> place;
    std::vector<std::pair<std::size_t, api::JsonText>> rows;
  };
  const auto gathered = std::make_shared<Gathered>();  // two callbacks fill and read it
  for (std::size_t i = 0; i < ids.size(); ++i) gathered->place.emplace(ids[i], i);
  FanOut::Ask ask = core_.ask(name, selector, std::move(args));
  ask.rows = [gathered](std::vector<api::JsonText> rows) {
    for (api::JsonText& text : rows) {
      const json row = json::parse(text, nullptr, false);
      const auto id = row.is_object() ? row.find("id") : row.end();
      if (id == row.end() || !id->is_string()) continue;
      const auto place = gathered->place.find(id->get<std::string>());
      if (place != gathered->place.end()) gathered->rows.emplace_back(place->second, std::move(text));
    }
  };
  ask.done = [this, asker, gathered](const std::vector<std::uint32_t>& silent) {
    std::sort(gathered->rows.begin(), gathered->rows.end());
    std::vector<api::JsonText> frame;
    for (auto& [place, row] : gathered->rows) {
      frame.push_back(std::move(row));
      if (frame.size() < kRowsInFrame) continue;
      core_.ports.to_operator(asker.identity, api::rows(asker.id, frame));
      frame.clear();
    }
    if (!frame.empty()) core_.ports.to_operator(asker.identity, api::rows(asker.id, frame));
    finish(asker, gathered->rows.size(), silent);
  };
  core_.fan_out.ask(std::move(ask), core_.now());
}

void QueryDesk::finish(const Asker& asker, std::uint64_t count, const std::vector<std::uint32_t>& silent) {
  std::vector<std::uint32_t> all = silent;
  for (const Worker& worker : core_.registry.all()) {
    const bool asked = worker.state == ShardState::live || worker.state == ShardState::lagging;
    if (!asked && std::find(all.begin(), all.end(), worker.shard) == all.end()) all.push_back(worker.shard);
  }
  std::sort(all.begin(), all.end());
  const auto status =
      !all.empty() ? (all.size() == core_.registry.shards() ? api::ExitStatus::failed : api::ExitStatus::some)
      : count == 0 ? api::ExitStatus::nothing
                   : api::ExitStatus::done;
  api::ReplyMembers members;
  members.number("matched", count).array("silent", numbers(all));
  core_.ports.to_operator(asker.identity, api::result(asker.id, status, members));
}

void QueryDesk::handle(const Asker& asker, const api::Jobs&) {
  const auto jobs = std::make_shared<std::map<std::string, json>>();  // by id; two callbacks fill and read it
  FanOut::Ask ask = core_.ask("jobs", "all");
  ask.rows = [jobs](std::vector<api::JsonText> rows) {
    for (const api::JsonText& text : rows) {
      json row = json::parse(text, nullptr, false);
      if (!row.is_object() || !row.contains("id") || !row["id"].is_string()) continue;
      const auto remaining = [](const json& of) {
        const auto at = of.find("remaining");
        return at != of.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
      };
      row.erase("shard");
      auto [at, fresh] = jobs->try_emplace(row["id"].get<std::string>(), row);
      at->second["shards"] = (fresh ? 0 : at->second["shards"].get<std::uint64_t>()) + 1;
      if (!fresh) at->second["remaining"] = remaining(at->second) + remaining(row);
    }
  };
  ask.done = [this, asker, jobs](const std::vector<std::uint32_t>& silent) {
    std::vector<api::JsonText> rows;
    for (const auto& [id, job] : *jobs) rows.push_back(dump(job));
    api::ReplyMembers members;
    members.array("jobs", rows).array("silent", numbers(silent));
    core_.ports.to_operator(
        asker.identity,
        api::result(asker.id, silent.empty() ? api::ExitStatus::done : api::ExitStatus::some, members));
  };
  core_.fan_out.ask(std::move(ask), core_.now());
}

void QueryDesk::handle(const Asker& asker, const api::Describe& request) {
  std::vector<api::JsonText> types;
  std::vector<std::string> names;
  for (const TypeInfo& type : core_.catalogue.types()) {
    names.push_back(type.name);
    if (!request.type || *request.type == type.name) types.push_back(type.json);
  }
  if (types.empty() && request.type) {
    return commands_.refuse(asker, {Errc::invalid_argument,
                                    "no device type '" + *request.type + "'" +
                                        config::did_you_mean(config::nearest_word(*request.type, names))});
  }
  api::ReplyMembers members;
  members.array("types", types).array("uplinks", core_.catalogue.uplink_descriptions());
  core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
}

void QueryDesk::handle(const Asker& asker, const api::Watch& request) {
  auto selector = bus::Selector::parse(request.selector);
  if (!selector) {
    return commands_.refuse(
        asker, {selector.error().code, "selector '" + request.selector + "': " + selector.error().detail});
  }
  if (selector->limit()) {
    return commands_.refuse(asker, {Errc::invalid_argument, "watch takes no limit()"}, "use sample() or ids");
  }
  if (!request.report.empty()) {
    if (auto good = check_report(core_.view->types_reached(*selector), request.report); !good) {
      return commands_.refuse(asker, good.error());
    }
  }
  lease(asker, "watch", selector->text(), dump({{"report", request.report}, {"rate", request.rate}}),
        request.rate);
}

void QueryDesk::handle(const Asker& asker, const api::Trace& request) {
  auto selector = bus::Selector::parse(request.selector);
  if (!selector) {
    return commands_.refuse(
        asker, {selector.error().code, "selector '" + request.selector + "': " + selector.error().detail});
  }
  const api::JsonText args = dump({{"rate", request.rate}, {"settled", request.settled}});
  if (selector->identity_only()) {
    if (!core_.view->reaches(*selector)) return no_device(asker, request.selector);
    return lease(asker, "trace", selector->text(), args, request.rate);
  }
  // Who matches is decided now: a trace does not stop because a state changes by what it shows.
  commands_.resolve(*selector, selector->limit(), {}, "{}",
                    [this, asker, request, args](const CommandDesk::Matches& matches) {
                      if (matches.ids.empty()) return no_device(asker, request.selector);
                      const std::string ids = bus::Selector::of_ids(matches.ids).text();
                      if (ids.size() > kSelectorBytesMax) {
                        return commands_.refuse(asker,
                                                {Errc::too_large, "the selector matches too many devices: " +
                                                                      std::to_string(matches.ids.size())},
                                                "use limit(), sample() or labels");
                      }
                      lease(asker, "trace", ids, args, request.rate);
                    });
}

void QueryDesk::no_device(const Asker& asker, const std::string& selector) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> ranges;
  for (const config::GroupSpec& group : core_.fleet.groups) {
    if (group.count == 0 || ranges.size() == kShown) continue;
    ranges.push_back(group.device_id(0));
    if (group.count > 1) ranges.back() += " to " + group.device_id(group.count - 1);
  }
  std::string has = ranges.empty() ? "no devices" : ranges[0];
  for (std::size_t i = 1; i < ranges.size(); ++i) has += ", " + ranges[i];
  core_.ports.to_operator(
      asker.identity,
      api::error(asker.id, {api::ExitStatus::nothing, "not_found",
                            "no device matches '" + selector + "'; the fleet has " + has, "vfleet ls"}));
}

void QueryDesk::lease(const Asker& asker, const std::string& name, const std::string& selector,
                      api::JsonText args, std::uint32_t rate) {
  if (watches_.contains(asker.id)) return;  // the request was repeated: rows are on their way
  if (watches_.size() >= kWatchesMax) {
    return core_.ports.to_operator(asker.identity, api::error(asker.id, {api::ExitStatus::failed, "busy",
                                                                         "too many watches are open", ""}));
  }
  Watching& watching = watches_[asker.id];
  watching.asker = asker;
  watching.lease_end = core_.now() + kLease;
  watching.rate = watching.allowance = rate;
  watching.filled = core_.now();
  FanOut::Ask ask = core_.ask(name, selector, std::move(args));
  ask.timeout = std::nullopt;
  ask.rows = [this, id = asker.id](std::vector<api::JsonText> rows) { watched(id, std::move(rows)); };
  ask.done = [](const std::vector<std::uint32_t>&) {};
  watching.query = core_.fan_out.ask(std::move(ask), core_.now());
}

void QueryDesk::watched(const std::string& id, std::vector<api::JsonText> rows) {
  const auto at = watches_.find(id);
  if (at == watches_.end()) return;
  Watching& watching = at->second;
  watching.allowance =
      std::min(watching.rate, watching.allowance + watching.rate * to_seconds(core_.now() - watching.filled));
  watching.filled = core_.now();
  const std::uint64_t dropped_before = watching.dropped;
  // What a worker could not keep is counted with what is dropped here.
  std::erase_if(rows, [&](const api::JsonText& row) {
    if (!row.starts_with(R"({"dropped":)")) return false;
    const json told = json::parse(row, nullptr, false);
    const bool counts = told.is_object() && told.size() == 1 && told["dropped"].is_number_unsigned();
    if (counts) watching.dropped += told["dropped"].get<std::uint64_t>();
    return counts;
  });
  const auto room = static_cast<std::size_t>(watching.allowance);
  if (rows.size() > room) {
    watching.dropped += rows.size() - room;
    rows.resize(room);
  }
  watching.allowance -= static_cast<double>(rows.size());
  if (!rows.empty() || watching.dropped != dropped_before)
    core_.ports.to_operator(watching.asker.identity, api::rows(id, rows, watching.dropped));
}

void QueryDesk::handle(const Asker& asker, const api::Renew& request) {
  const auto at = watches_.find(request.watch);
  if (at == watches_.end()) {
    return core_.ports.to_operator(asker.identity,
                                   api::error(asker.id, {api::ExitStatus::failed, "not_found",
                                                         "no such watch: its lease is over", "watch again"}));
  }
  at->second.lease_end = core_.now() + kLease;
  api::ReplyMembers members;
  members.number("dropped", at->second.dropped);
  core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
}

void QueryDesk::handle(const Asker& asker, const api::Report& request) {
  std::vector<api::JsonText> shards;
  for (const Worker& worker : core_.registry.all()) {
    const auto presence = core_.statistics.presence(worker.shard);
    shards.push_back(dump({{"shard", worker.shard},
                           {"pid", worker.pid},
                           {"state", to_string(worker.state)},
                           {"applied_seq", worker.applied},
                           {"boot", worker.boot},
                           {"devices", presence.devices},
                           {"online", presence.online}}));
  }
  api::ReplyMembers members;
  members.text("fleet", core_.fleet.name).number("epoch", core_.options.epoch);
  members.number("revision", core_.desired.revision()).number("seq", core_.seq());
  members.text("version", core_.catalogue.version()).number("devices_configured", core_.fleet.devices());
  members.add("journal", journal_state());
  members.array("shards", shards).add("figures", core_.statistics.merged());
  if (request.notices_after && notices_) members.array("notices", notices_(*request.notices_after));
  if (core_.figures_url().empty()) {
    return core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
  }
  core_.ports.fetch(core_.figures_url(), [this, asker, members](const Result<std::string>& figures) mutable {
    const bool sane = figures && nests_at_most(*figures);
    const json platform = sane ? json::parse(*figures, nullptr, false) : json();
    if (platform.is_object()) members.add("platform", dump(platform));
    core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
  });
}

api::JsonText QueryDesk::journal_state() const {
  json out = {{"state", core_.line.failure() ? "failing" : "ok"}, {"waiting", core_.line.waiting()}};
  if (core_.line.failure()) out["reason"] = core_.line.failure()->detail;
  return dump(out);
}

void QueryDesk::tick() {
  for (auto at = watches_.begin(); at != watches_.end();) {
    const Watching& watching = at->second;
    if (core_.now() < watching.lease_end) {
      ++at;
      continue;
    }
    core_.fan_out.cancel(watching.query);
    api::ReplyMembers members;
    members.number("dropped", watching.dropped);
    core_.ports.to_operator(watching.asker.identity, api::result(at->first, api::ExitStatus::done, members));
    at = watches_.erase(at);
  }
}

}  // namespace vfleet::control::server
