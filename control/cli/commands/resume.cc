#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {

CommandSpec resume_command() {
  return {.name = "resume",
          .group = "Devices",
          .summary = "Let scheduled reports go on after pause",
          .details = "Reports go on at the next point of their schedule; nothing is caught up.",
          .positionals = {selector_argument()},
          .options = durable_options(),
          .examples = {{"vfleet resume all", "everything reports again"},
                       {"vfleet resume 'cam-*'", "the cameras only"}},
          .run = run_on_target};
}

}  // namespace vfleet::cli
