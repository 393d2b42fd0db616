#include "control/server/scale_desk.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "control/server/scale_groups.h"

namespace vfleet::control::server {

using config::GroupSpec;
using nlohmann::json;

void ScaleDesk::handle(const CommandDesk::Asker& asker, const api::Scale& request) {
  if (auto good = commands_.check_revision(request.target); !good)
    return commands_.refuse(asker, good.error());
  // Against what the journal has not decided on yet, too.
  const config::FleetSpec& before = core_.newest_fleet();
  config::FleetSpec next = before;
  if (auto good = scale_groups(next, request.counts); !good) return commands_.refuse(asker, good.error());
  CommandDesk::Draft draft;
  std::vector<std::string> lines;
  std::vector<std::size_t> changed;
  std::uint64_t come = 0;
  std::uint64_t go = 0;
  for (std::size_t i = 0; i < next.groups.size(); ++i) {
    const GroupSpec& was = before.groups[i];
    const GroupSpec& is = next.groups[i];
    if (is.count > was.count) come += is.count - was.count;
    if (is.count < was.count) go += was.count - is.count;
    if (std::string line = scale_line(was, is); !line.empty()) {
      lines.push_back(std::move(line));
      changed.push_back(i);
    }
  }
  draft.members.texts("changes", lines).number("come", come).number("go", go);
  if (request.target.dry_run || changed.empty()) {
    draft.members.number("matched", come + go).number("would_change", come + go);
    draft.members.number("revision", core_.line.pending_revision());
    return commands_.answer(asker, api::result(asker.id, api::ExitStatus::done, draft.members));
  }
  auto prepared = prepare_fleet(std::move(next), core_.ordinals, core_.keys);
  if (!prepared) return commands_.refuse(asker, prepared.error());
  json counts = json::object();
  std::string groups;
  for (const std::size_t i : changed) {
    groups += (groups.empty() ? "" : ",") + prepared->text.groups[i];
    counts[prepared->spec.groups[i].name] = prepared->spec.groups[i].count;
  }
  draft.verb = bus::Verb::scale;
  draft.selector = "all";
  draft.args = "{\"counts\":" + counts.dump() + ",\"groups\":[" + groups + "],\"removed\":[]}";
  draft.unmatched_is_fine = true;
  draft.timeout = request.target.timeout;
  draft.wait_for_all = request.target.wait;
  draft.fleet = std::make_shared<PreparedFleet>(std::move(*prepared));  // it is taken when it is committed
  draft.committed = [lines](const bus::Command& command) {
    for (const std::string& line : lines) spdlog::info("scale revision={}: {}", command.revision, line);
  };
  commands_.publish(asker, std::move(draft));
}

}  // namespace vfleet::control::server
