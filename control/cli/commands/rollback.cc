#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"
#include "control/cli/render/changes.h"
#include "control/cli/session.h"
#include "simulator/core/ascii.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  nlohmann::json args = fleet_args(invocation);
  const std::string revision = invocation.text_or("REVISION", "");
  const bool digits = revision.size() < 19 && all_digits(revision);
  if (!digits)
    return wrong_usage("'" + revision + "' is no revision", "`vfleet history --durable` lists them");
  args["revision"] = std::stoull(revision);
  const auto result = session.change("rollback", args);
  if (!result) return tl::unexpected<Failure>(result.error());
  session.out().document(*result);
  session.out().text(render_changes(*result, invocation.has("dry-run"), session.out().style()));
  return result_status(*result);
}

}  // namespace

CommandSpec rollback_command() {
  return {
      .name = "rollback",
      .group = "Revisions",
      .summary = "Make an earlier revision's rules and groups hold again",
      .details =
          "As a new revision, so a rollback can be rolled back. Pauses, disconnections and faults that later "
          "rules\n"
          "had set are undone. Devices that are not affected do not notice. One can go back 10,000 revisions "
          "at "
          "least,\n"
          "and always to 0.",
      .positionals = {{"REVISION", "Of `vfleet history`; 0 is the fleet as it was started", true, false}},
      .options = fleet_options(),
      .examples = {{"vfleet rollback 16 --dry-run", "what would be dropped and brought back"},
                   {"vfleet rollback 16 --if-revision 19", "only when nobody changed anything meanwhile"},
                   {"vfleet rollback 0 --wait", "drop every change; wait for every worker"}},
      .run = run};
}

}  // namespace vfleet::cli
