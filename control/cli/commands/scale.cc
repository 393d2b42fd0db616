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
  const auto groups = assignments(invocation.texts("GROUP=COUNT"), "vfleet scale pile=20000");
  if (!groups) return tl::unexpected<Failure>(groups.error());
  for (const Assignment& each : *groups) {
    const bool digits = each.value.size() < 19 && all_digits(each.value);
    if (digits) {
      args["groups"][each.key] = std::stoull(each.value);
    } else if (each.value == "file") {
      args["groups"][each.key] = each.value;
    } else {
      return wrong_usage("'" + each.value + "' is no number of devices",
                         "a whole number, or `file` for what the fleet file says");
    }
  }
  const auto result = session.change("scale", args);
  if (!result) return tl::unexpected<Failure>(result.error());
  session.out().document(*result);
  session.out().text(render_changes(*result, invocation.has("dry-run"), session.out().style()));
  return result_status(*result);
}

}  // namespace

CommandSpec scale_command() {
  return {.name = "scale",
          .group = "Fleet",
          .summary = "Change how many devices groups have",
          .details =
              "The number holds over the fleet file's, also after a reload, until `GROUP=file`. Devices that "
              "stay do not\n"
              "notice; those that leave power off in order; one that comes back is the same device.",
          .positionals = {{"GROUP=COUNT", "Groups and their number of devices, or `file`", true, true}},
          .options = fleet_options(),
          .examples = {{"vfleet scale pile=20000", "one group"},
                       {"vfleet scale pile=2000 camera=0 --dry-run", "how many would come and go"},
                       {"vfleet scale pile=file --wait", "as the fleet file says again"}},
          .run = run};
}

}  // namespace vfleet::cli
