#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/figures.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation&) {
  auto result = session.query("status", nlohmann::json::object());
  if (!result) return tl::unexpected<Failure>(result.error());
  for (const char* frame_only : {"kind", "id", "rows"}) result->erase(frame_only);
  session.out().document(*result);
  session.out().text(render_status(*result, session.out().style()));
  return result_status(*result);
}

}  // namespace

CommandSpec status_command() {
  return {.name = "status",
          .group = "Fleet",
          .summary = "Health of the fleet: devices online, rates, latencies, workers, platform",
          .details = "",
          .positionals = {},
          .options = {},
          .examples = {{"vfleet status", "one look"},
                       {"vfleet status --json | jq .figures.sent", "figures for another program"}},
          .run = run};
}

}  // namespace vfleet::cli
