#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/rows.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation&) {
  const auto result = session.query("jobs", nlohmann::json::object());
  if (!result) return tl::unexpected<Failure>(result.error());
  const auto jobs = result->value("jobs", nlohmann::json::array());
  session.out().document({{"status", 0}, {"jobs", jobs}});
  session.out().text(render_jobs(jobs, session.out().style()));
  return ExitStatus::done;
}

}  // namespace

CommandSpec jobs_command() {
  return {.name = "jobs",
          .group = "Devices",
          .summary = "List repeating triggers that are still running",
          .details = "",
          .positionals = {},
          .options = {},
          .examples = {{"vfleet jobs", "id, report, devices, how many are left"}},
          .run = run};
}

}  // namespace vfleet::cli
