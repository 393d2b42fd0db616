#include "control/cli/commands/all.h"

namespace vfleet::cli {

const std::vector<CommandSpec>& all_commands() {
  static const std::vector<CommandSpec> commands = {
      up_command(),       stop_command(),     status_command(),     results_command(), compare_command(),
      recycle_command(),  validate_command(), doctor_command(),     reload_command(),  scale_command(),
      history_command(),  diff_command(),     rollback_command(),   ls_command(),      get_command(),
      describe_command(), watch_command(),    trace_command(),      top_command(),     logs_command(),
      set_command(),      unset_command(),    trigger_command(),    do_command(),      jobs_command(),
      cancel_command(),   connect_command(),  disconnect_command(), pause_command(),   resume_command(),
      reboot_command(),   keygen_command(),   certs_command(),      ykc_command(),     completion_command(),
  };
  return commands;
}

}  // namespace vfleet::cli
