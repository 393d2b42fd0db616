#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/rows.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto selector = checked_selector(invocation.text_or("SELECTOR", "all"));
  if (!selector) return tl::unexpected<Failure>(selector.error());
  nlohmann::json args = {{"selector", *selector}};
  if (const auto limit = invocation.number("limit")) args["limit"] = *limit;

  const auto result = session.query("ls", args);
  if (!result) return tl::unexpected<Failure>(result.error());
  const nlohmann::json& rows = (*result)["rows"];
  session.out().document(query_document(*result));
  session.out().text(render_devices(rows, session.verbose(), session.out().style()));
  const std::string note = query_note(*result);
  if (!note.empty() && !session.out().json()) session.out().note(note);
  return query_status(*result);
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
