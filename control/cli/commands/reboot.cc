#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  auto args = target_args(invocation);
  if (!args) return tl::unexpected<Failure>(args.error());
  if (const auto down = invocation.text("down")) (*args)["down"] = *down;
  return session.command("reboot", *args);
}

}  // namespace

CommandSpec reboot_command() {
  return {.name = "reboot",
          .group = "Devices",
          .summary = "Restart the devices: links close, models start anew, then they dial in",
          .details = "",
          .positionals = {selector_argument()},
          .options = {dry_run_option(),
                      {"down", Takes::duration, "D", "How long they stay away (default 5s)", {}, 0}},
          .examples = {{"vfleet reboot pile-00042", "one pile is back after 5 s"},
                       {"vfleet reboot site=shanghai --down 2min", "a power cut of two minutes"}},
          .run = run};
}

}  // namespace vfleet::cli
