#include "control/server/reload_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/server/held.h"
#include "control/server/scale_groups.h"
#include "simulator/config/fleet_diff.h"

namespace vfleet::control::server {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "\n") + line;
  return out;
}

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

api::JsonText arguments(const PreparedFleet& next, const config::FleetDiff& diff) {
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < next.spec.groups.size(); ++i) {
    const std::string& name = next.spec.groups[i].name;
    const bool sent = std::find(diff.added.begin(), diff.added.end(), name) != diff.added.end() ||
                      std::find(diff.changed.begin(), diff.changed.end(), name) != diff.changed.end();
    if (sent) groups.push_back(next.text.groups[i]);
  }
  std::string text = "{\"groups\":[";
  for (std::size_t i = 0; i < groups.size(); ++i) text += (i > 0 ? "," : "") + groups[i];
  return text + "],\"removed\":" + nlohmann::json(diff.removed).dump() + "}";
}

}  // namespace

void ReloadDesk::handle(const CommandDesk::Asker& asker, const api::Reload& request) {
  const bool asked_again = std::any_of(waiting_.begin(), waiting_.end(),
                                       [&](const Waiting& each) { return each.asker.id == asker.id; });
  if (asked_again) return;
  waiting_.push_back({asker, request});
  if (waiting_.size() == 1) read_next();
}

void ReloadDesk::read_next() {
  const std::string file = waiting_.front().request.file.value_or(core_.options.fleet_file);
  core_.ports.load_fleet(file, [this, file](LoadedFleet loaded) {
    const Waiting reload = std::move(waiting_.front());
    apply(reload, file, std::move(loaded.fleet));
    waiting_.pop_front();
    if (!waiting_.empty()) read_next();
  });
}

void ReloadDesk::apply(const Waiting& reload, const std::string& file, Result<config::FleetSpec> loaded) {
  const auto& [asker, request] = reload;
  if (!loaded) {
    spdlog::error("reload refused, nothing changed file={}", file);
    for_each_line(loaded.error().detail, [](std::string_view line) { spdlog::error("reload: {}", line); });
    return commands_.refuse(asker, loaded.error());
  }
  change_to(asker, file, std::move(*loaded), request);
}

void ReloadDesk::follow(config::FleetSpec file, const std::string& id) {
  change_to({"", id}, core_.options.fleet_file, std::move(file), {});
}

void ReloadDesk::change_to(const CommandDesk::Asker& asker, const std::string& file, config::FleetSpec next,
                           const api::Reload& request) {
  api::Target target;
  target.if_revision = request.if_revision;
  if (auto good = commands_.check_revision(target); !good) return commands_.refuse(asker, good.error());
  // Against what the journal has not decided on yet, too: reloads that follow each other closely add up.
  const config::FleetSpec& before = core_.newest_fleet();
  const std::vector<std::string> scaled = keep_scaled(before, next);
  config::FleetDiff diff = config::diff(before, next, core_.keys);
  for (const std::string& name : only_file_count_changed(before, next)) {
    const std::string count = std::to_string(*next.group(name)->file_count);
    diff.lines.push_back("group " + name + ": devices in the file -> " + count);
    if (std::find(diff.changed.begin(), diff.changed.end(), name) == diff.changed.end())
      diff.changed.push_back(name);
  }
  if (!diff.refused.empty()) {
    spdlog::error("reload refused, nothing changed: a running fleet cannot follow file={}", file);
    for (const std::string& line : diff.refused) spdlog::error("reload: {}", line);
    return commands_.refuse(
        asker, {Errc::invalid_argument, "a running fleet cannot follow:\n" + joined(diff.refused)},
        "stop the fleet and start it again");
  }
  const FleetView after(next, core_.catalogue);
  std::vector<std::string> held = held_lines(before, next, after, core_.desired);
  held.insert(held.end(), scaled.begin(), scaled.end());
  CommandDesk::Draft draft;
  draft.members.texts("changes", diff.lines).texts("held", held);

  if (request.dry_run || diff.empty()) {
    if (!request.dry_run) spdlog::info("reload changes nothing file={}", file);
    api::Counts counts;
    counts.shards = core_.registry.shards();
    draft.members.counts(counts).number("revision", core_.line.pending_revision());
    return core_.ports.to_operator(asker.identity,
                                   api::result(asker.id, api::ExitStatus::done, draft.members));
  }
  auto prepared = prepare_fleet(std::move(next), core_.ordinals, core_.keys);
  if (!prepared) return commands_.refuse(asker, prepared.error());
  draft.verb = bus::Verb::reload;
  draft.selector = "all";
  draft.args = arguments(*prepared, diff);
  draft.unmatched_is_fine = true;
  draft.timeout = request.timeout;
  draft.wait_for_all = request.wait;
  draft.fleet = std::make_shared<PreparedFleet>(std::move(*prepared));  // it is taken when it is committed
  draft.committed = [this, file, lines = diff.lines, held](const bus::Command& command) {
    core_.options.fleet_file = file;
    spdlog::info("reloaded file={} revision={} changes={}", file, command.revision, lines.size());
    for (const std::string& line : lines) spdlog::info("reload: {}", line);
    for (const std::string& line : held) spdlog::warn("reload: {}", line);
  };
  commands_.publish(asker, std::move(draft));
}

}  // namespace vfleet::control::server
