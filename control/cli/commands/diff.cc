#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"
#include "control/cli/render/changes.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto args = query_args(invocation, "all");
  if (!args) return tl::unexpected<Failure>(args.error());
  auto result = session.query("diff", *args);
  if (!result) return tl::unexpected<Failure>(result.error());
  result->erase("kind");
  session.out().document(*result);
  session.out().text(render_diff(*result, session.out().style()));
  return result_status(*result);
}

}  // namespace

CommandSpec diff_command() {
  return {.name = "diff",
          .group = "Revisions",
          .summary = "Show where devices are not as they should be",
          .details =
              "What the fleet file and the rules say, computed anew, against what each device runs with; "
              "also links,\n"
              "pauses and faults. Exit status: 0 no differences, 4 differences or workers that are behind, 3 "
              "no device\n"
              "matched, 1 no worker answered.",
          .positionals = {selector_argument(false)},
          .options = {limit_option()},
          .examples = {{"vfleet diff", "every difference in the fleet"},
                       {"vfleet diff type=ip_camera --limit 10", "the first ten cameras that differ"},
                       {"vfleet diff all --json || exit 1", "in a script: go on only when all is applied"}},
          .run = run};
}

}  // namespace vfleet::cli
