#include "control/server/restore.h"

#include "simulator/config/fleet_diff.h"

namespace vfleet::control::server {

Status begin(Core& core, config::FleetSpec fleet) {
  auto prepared = prepare_fleet(std::move(fleet), core.ordinals, core.keys);
  if (!prepared) return tl::unexpected(prepared.error());
  if (auto begun = core.journal.begin(prepared->text, core.ordinals.take_unsaved()); !begun) return begun;
  core.take(std::move(*prepared));
  return {};
}

Status restore(Core& core, const journal::Restored& restored, const config::FleetSpec& file) {
  auto before = read_fleet(restored.latest.fleet, core.keys);
  if (!before) {
    return fail(Errc::malformed, "the fleet in the journal does not suit this version's device types: " +
                                     before.error().detail +
                                     "\n  start with the version that wrote it, or with --fresh");
  }
  const config::FleetDiff diff = config::diff(before->spec, file, core.keys);
  if (!diff.refused.empty()) {
    std::string text = "the fleet file changed in what a fleet that goes on cannot follow:";
    for (const std::string& line : diff.refused) text += "\n  " + line;
    return fail(Errc::rejected, text + "\n  take that back and --resume, or start anew with --fresh");
  }
  core.ordinals.restore(restored.ordinals);
  core.take(std::move(*before));
  for (const bus::Command& change : restored.latest.changes) core.desired.record(change);
  core.known_ids.restore(restored.id_hashes);
  return {};
}

}  // namespace vfleet::control::server
