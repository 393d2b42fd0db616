#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/changes.h"
#include "control/cli/session.h"
#include "simulator/core/ascii.h"

namespace vfleet::cli {
namespace {

bool is_number(const std::string& text) {
  return text.size() < 19 && all_digits(text);
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  nlohmann::json args = nlohmann::json::object();
  const auto which = invocation.text("COMMAND");
  if (which && is_number(*which)) {
    args["revision"] = std::stoull(*which);
  } else if (which) {
    args["id"] = *which;
  } else {
    args["limit"] = invocation.number("limit").value_or(20);
    if (invocation.has("durable")) args["durable"] = true;
    if (const auto before = invocation.number("before")) args["before"] = *before;
  }
  const auto result = session.query("history", args);
  if (!result) return tl::unexpected<Failure>(result.error());
  const nlohmann::json& rows = result->at("rows");
  session.out().document({{"status", static_cast<int>(result_status(*result))},
                          {"rows", rows},
                          {"revision", result->value("revision", 0)}});
  session.out().text(which && !rows.empty() ? render_history_entry(rows[0], session.out().style())
                                            : render_history(rows, session.out().style()));
  return result_status(*result);
}

}  // namespace

CommandSpec history_command() {
  return {.name = "history",
          .group = "Revisions",
          .summary = "Show what was commanded and what became of it",
          .details =
              "Newest first, from the journal: it survives control. One command is shown in full by its id "
              "or its\n"
              "revision. `outcome unknown` means that a worker had not answered when the\n"
              "command's time was over or control ended; when it does later, the record is corrected.",
          .positionals = {{"COMMAND", "The id of a command, or a revision (default: the latest commands)",
                           false, false}},
          .options =
              {{"limit", Takes::number, "N", "At most so many commands (default 20, at most 10000)", {}, 1},
               {"before", Takes::number, "REVISION", "Only commands that made an earlier revision", {}, 1},
               {"durable", Takes::nothing, "", "Only commands that made a revision", {}, 0}},
          .examples = {{"vfleet history", "the last twenty commands"},
                       {"vfleet history 17", "what revision 17 changed, and on how many devices"},
                       {"vfleet history 5f0c3a... --json",
                        "the truth about a command whose outcome was unknown"}},
          .run = run};
}

}  // namespace vfleet::cli
