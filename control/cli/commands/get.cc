#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"
#include "control/cli/render/rows.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  auto args = query_args(invocation, "");
  if (!args) return tl::unexpected<Failure>(args.error());
  (*args)["path"] = invocation.text_or("PATH", "");
  if (invocation.has("explain")) (*args)["explain"] = true;

  const auto result = session.query("get", *args);
  if (!result) return tl::unexpected<Failure>(result.error());
  const nlohmann::json& rows = (*result)["rows"];
  return show_query(session, *result, render_values(rows, session.out().style()));
}

}  // namespace

CommandSpec get_command() {
  return {
      .name = "get",
      .group = "Look",
      .summary = "Show the effective configuration of devices, and where each value comes from",
      .details = "Effective: defaults < profile < fleet file < rules made with `set`, later wins.",
      .positionals = {selector_argument(),
                      {"PATH", "A key or a section (default: everything)", false, false}},
      .options = {{"explain", Takes::nothing, "", "Say where each value comes from", {}, 0}, limit_option()},
      .examples = {{"vfleet get pile-00042", "every key"},
                   {"vfleet get 'cam-*' reports.heartbeat --limit 3", "a section, of three cameras"},
                   {"vfleet get pile-00042 reports.heartbeat.every --explain", "which rule or file set it"}},
      .run = run};
}

}  // namespace vfleet::cli
