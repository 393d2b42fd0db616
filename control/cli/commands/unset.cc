#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  auto args = target_args(invocation);
  if (!args) return tl::unexpected<Failure>(args.error());
  (*args)["paths"] = invocation.texts("PATH");
  return session.command("unset", *args);
}

}  // namespace

CommandSpec unset_command() {
  return {
      .name = "unset",
      .group = "Configuration",
      .summary = "Take back what `set` changed: the value of fleet file, profile or default holds again",
      .details = "",
      .positionals = {selector_argument(), {"PATH", "Which keys", true, true}},
      .options = durable_options(),
      .examples = {{"vfleet unset type=ip_camera reports.heartbeat.every", "back to the profile's period"}},
      .run = run};
}

}  // namespace vfleet::cli
