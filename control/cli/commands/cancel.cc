#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  return session.command("cancel", {{"job", invocation.text_or("JOB", "")}});
}

}  // namespace

CommandSpec cancel_command() {
  return {
      .name = "cancel",
      .group = "Devices",
      .summary = "End a repeating trigger",
      .details = "",
      .positionals = {{"JOB", "Its id, as `vfleet trigger` and `vfleet jobs` say", true, false}},
      .options = {},
      .examples = {{"vfleet cancel 3f1c0a77e0b94c21a7d1d1b0c8d5e9aa", "nothing more is sent for that job"}},
      .run = run};
}

}  // namespace vfleet::cli
