#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"
#include "control/cli/render/counts.h"
#include "control/cli/render/read.h"
#include "control/cli/render/table.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  nlohmann::json args = fleet_args(invocation);
  if (const auto file = invocation.text("FILE"))
    args["file"] = std::filesystem::absolute(*file).lexically_normal().string();
  auto result = session.change("reload", args);
  if (!result) return tl::unexpected<Failure>(result.error());
  session.out().document(*result);

  const nlohmann::json& changes = list_at(*result, "changes");
  std::string text = changes.empty() ? "reload: nothing changed\n" : "";
  for (const auto& change : changes) text += "  " + printable(plain(change)) + "\n";
  for (const auto& held : list_at(*result, "held"))
    text += session.out().style().warn("  " + printable(plain(held))) + "\n";
  if (!changes.empty()) text += render_counts(*result, session.out().style());
  session.out().text(text);
  return result_status(*result);
}

}  // namespace

CommandSpec reload_command() {
  return {
      .name = "reload",
      .group = "Fleet",
      .summary = "Read the fleet file again, show what changes, apply it",
      .details =
          "The file is validated whole; a mistake changes nothing. Keys that a rule of `set` holds stay as "
          "they are\n"
          "and are listed.",
      .positionals = {{"FILE", "The fleet file (default: the one the fleet was started with)", false, false}},
      .options = fleet_options(),
      .examples = {{"vfleet reload --dry-run", "the difference, nothing is applied"},
                   {"vfleet reload configs/demo.yaml", "another file for the same fleet"}},
      .run = run};
}

}  // namespace vfleet::cli
