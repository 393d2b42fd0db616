#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {

CommandSpec pause_command() {
  return {.name = "pause",
          .group = "Devices",
          .summary = "Stop scheduled reports; the link stays and answers go on",
          .details = "",
          .positionals = {selector_argument()},
          .options = durable_options(),
          .examples = {{"vfleet pause type=ip_camera", "cameras stay connected and fall silent"},
                       {"vfleet pause site=hefei --dry-run", "how many would be paused"}},
          .run = run_on_target};
}

}  // namespace vfleet::cli
