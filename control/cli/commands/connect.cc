#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {

CommandSpec connect_command() {
  return {.name = "connect",
          .group = "Devices",
          .summary = "Open the devices' links again after disconnect",
          .details = "",
          .positionals = {selector_argument()},
          .options = durable_options(),
          .examples = {{"vfleet connect group=pile",
                        "every pile of the group dials in again, spread over time as after a power cut"},
                       {"vfleet connect all --dry-run", "how many are disconnected"}},
          .run = run_on_target};
}

}  // namespace vfleet::cli
