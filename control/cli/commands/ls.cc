#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"
#include "control/cli/render/rows.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto args = query_args(invocation, "all");
  if (!args) return tl::unexpected<Failure>(args.error());

  const auto result = session.query("ls", *args);
  if (!result) return tl::unexpected<Failure>(result.error());
  const nlohmann::json& rows = (*result)["rows"];
  return show_query(session, *result, render_devices(rows, session.verbose(), session.out().style()));
}

}  // namespace

CommandSpec ls_command() {
  return {.name = "ls",
          .group = "Look",
          .summary = "List devices: type, group, labels, link, state",
          .details = "",
          .positionals = {selector_argument(false)},
          .options = {limit_option()},
          .examples = {{"vfleet ls", "every device"},
                       {"vfleet ls state.status=charging --limit 20", "the first twenty that are charging"},
                       {"vfleet ls site=hefei --json | jq -r '.rows[].id'", "ids for another program"}},
          .run = run};
}

}  // namespace vfleet::cli
