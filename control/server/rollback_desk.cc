#include "control/server/rollback_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "simulator/config/fleet_diff.h"

namespace vfleet::control::server {

namespace {

constexpr int kTriesMax = 1000;

/// Groups as they were that are not so now, and those that were not there.
struct GroupChanges {
  std::vector<std::string> groups;
  std::vector<std::string> removed;
};

GroupChanges group_changes(const Core& core, const PreparedFleet& then) {
  GroupChanges out;
  const std::vector<std::string>& now = core.desired.groups();
  for (const std::string& text : then.text.groups) {
    if (std::find(now.begin(), now.end(), text) == now.end()) out.groups.push_back(text);
  }
  for (const config::GroupSpec& group : core.fleet.groups) {
    if (then.spec.group(group.name) == nullptr) out.removed.push_back(group.name);
  }
  return out;
}

}  // namespace

void RollbackDesk::handle(const CommandDesk::Asker& asker, const api::Rollback& request) {
  if (auto good = commands_.check_revision(request.target); !good)
    return commands_.refuse(asker, good.error());
  if (request.revision > core_.line.pending_revision()) {
    return commands_.refuse(asker,
                            {Errc::invalid_argument,
                             "there is no revision " + std::to_string(request.revision) +
                                 " yet: the fleet is at " + std::to_string(core_.line.pending_revision())},
                            "`vfleet history --durable` lists the revisions");
  }
  core_.journal.desired_at(request.revision, [this, asker, request](Result<journal::Past> past) {
    if (!past) return commands_.refuse(asker, past.error(), "`vfleet history --durable` lists the revisions");
    when_quiet(asker, request, std::make_shared<const journal::Past>(std::move(*past)), 0);
  });
}

void RollbackDesk::when_quiet(const CommandDesk::Asker& asker, const api::Rollback& request,
                              std::shared_ptr<const journal::Past> past, int tries) {
  core_.line.when_decided([this, asker, request, past = std::move(past), tries] {
    // What it changes is told against what is committed, so nothing may be on its way between the two.
    if (core_.line.waiting() == 0) return to_past(asker, request, *past);
    if (tries < kTriesMax) return when_quiet(asker, request, past, tries + 1);
    commands_.answer(asker, api::error(asker.id, {api::ExitStatus::failed, "busy",
                                                  "other changes keep coming", "try again later"}));
  });
}

std::vector<std::string> RollbackDesk::lines_of(const bus::RuleDelta& delta) const {
  std::vector<std::string> out;
  for (const std::uint64_t revision : delta.dropped) {
    const auto rule = core_.desired.rules().find(revision);
    const auto again = std::find_if(delta.added.begin(), delta.added.end(),
                                    [&](const bus::Command& each) { return each.revision == revision; });
    if (rule == core_.desired.rules().end() || again != delta.added.end()) continue;
    out.push_back("drops revision " + std::to_string(revision) + ": " + masking_.line(rule->second.command));
  }
  for (const bus::Command& command : delta.added) {
    out.push_back("brings back revision " + std::to_string(command.revision) + ": " + masking_.line(command));
  }
  return out;
}

void RollbackDesk::to_past(const CommandDesk::Asker& asker, const api::Rollback& request,
                           const journal::Past& past) {
  if (auto good = commands_.check_revision(request.target); !good)
    return commands_.refuse(asker, good.error());
  auto fleet = read_fleet(past.fleet, core_.keys);
  if (!fleet) {
    return commands_.refuse(
        asker, {Errc::invalid_argument, "the fleet of revision " + std::to_string(request.revision) +
                                            " does not suit this version: " + fleet.error().detail});
  }
  const config::FleetDiff diff = config::diff(core_.fleet, fleet->spec, core_.keys);
  if (!diff.refused.empty()) {
    return commands_.refuse(
        asker, {Errc::invalid_argument, "a running fleet cannot follow: " + diff.refused.front()});
  }
  DesiredState then;
  for (const bus::Command& change : past.changes) then.record(change);
  bus::Rollback rollback;
  rollback.to = request.revision;
  rollback.delta = bus::delta(core_.desired.rules(), then.rules());
  GroupChanges groups = group_changes(core_, *fleet);
  std::vector<std::string> lines = lines_of(rollback.delta);
  lines.insert(lines.end(), diff.lines.begin(), diff.lines.end());
  const bool other_groups = !groups.groups.empty() || !groups.removed.empty();

  CommandDesk::Draft draft;
  draft.members.number("to", request.revision).number("changed", lines.size());
  if (lines.size() > kLinesMax) {
    const std::size_t more = lines.size() - kLinesMax;
    lines.resize(kLinesMax);
    lines.push_back("and " + std::to_string(more) + " more");
  }
  draft.members.texts("changes", lines);
  if (other_groups && core_.options.fleet_file.empty() == false) {
    draft.members.text("note", "the groups are as they were at revision " + std::to_string(request.revision) +
                                   "; the next reload takes them from " + core_.options.fleet_file +
                                   " again");
  }
  if (request.target.dry_run || (rollback.delta.empty() && !other_groups)) {
    draft.members.number("revision", core_.line.pending_revision());
    return commands_.answer(asker, api::result(asker.id, api::ExitStatus::done, draft.members));
  }
  rollback.groups = std::move(groups.groups);
  rollback.removed = std::move(groups.removed);
  draft.verb = bus::Verb::rollback;
  draft.selector = "all";
  draft.args = encode(rollback);
  draft.unmatched_is_fine = true;
  draft.timeout = request.target.timeout;
  draft.wait_for_all = request.target.wait;
  if (other_groups) draft.fleet = std::make_shared<PreparedFleet>(std::move(*fleet));  // taken when committed
  draft.committed = [to = request.revision, lines](const bus::Command& command) {
    spdlog::info("rolled back to={} revision={} changes={}", to, command.revision, lines.size());
    for (const std::string& line : lines) spdlog::info("rollback: {}", line);
  };
  commands_.publish(asker, std::move(draft));
}

}  // namespace vfleet::control::server
