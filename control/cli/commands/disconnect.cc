#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {

CommandSpec disconnect_command() {
  return {.name = "disconnect",
          .group = "Devices",
          .summary = "Close the devices' links and keep them closed; the models live on",
          .details = "Reports that become due meanwhile are counted as not sent (offline).",
          .positionals = {selector_argument()},
          .options = durable_options(),
          .examples = {{"vfleet disconnect 'sample(5%)'", "a stable twentieth of the fleet goes offline"},
                       {"vfleet disconnect pile-00010..00019", "ten piles"}},
          .run = run_on_target};
}

}  // namespace vfleet::cli
