#pragma once

#include <vector>

#include "control/cli/spec.h"

/// The one list of verbs. A verb is a file here, a line below and a line in all.cc.
namespace vfleet::cli {

[[nodiscard]] CommandSpec up_command();
[[nodiscard]] CommandSpec stop_command();
[[nodiscard]] CommandSpec status_command();
[[nodiscard]] CommandSpec results_command();
[[nodiscard]] CommandSpec compare_command();
[[nodiscard]] CommandSpec recycle_command();
[[nodiscard]] CommandSpec top_command();
[[nodiscard]] CommandSpec doctor_command();
[[nodiscard]] CommandSpec validate_command();
[[nodiscard]] CommandSpec reload_command();
[[nodiscard]] CommandSpec scale_command();
[[nodiscard]] CommandSpec history_command();
[[nodiscard]] CommandSpec diff_command();
[[nodiscard]] CommandSpec rollback_command();
[[nodiscard]] CommandSpec ls_command();
[[nodiscard]] CommandSpec get_command();
[[nodiscard]] CommandSpec describe_command();
[[nodiscard]] CommandSpec watch_command();
[[nodiscard]] CommandSpec trace_command();
[[nodiscard]] CommandSpec logs_command();
[[nodiscard]] CommandSpec set_command();
[[nodiscard]] CommandSpec unset_command();
[[nodiscard]] CommandSpec trigger_command();
[[nodiscard]] CommandSpec do_command();
[[nodiscard]] CommandSpec jobs_command();
[[nodiscard]] CommandSpec cancel_command();
[[nodiscard]] CommandSpec connect_command();
[[nodiscard]] CommandSpec disconnect_command();
[[nodiscard]] CommandSpec pause_command();
[[nodiscard]] CommandSpec resume_command();
[[nodiscard]] CommandSpec reboot_command();
[[nodiscard]] CommandSpec keygen_command();
[[nodiscard]] CommandSpec certs_command();
[[nodiscard]] CommandSpec ykc_command();
[[nodiscard]] CommandSpec completion_command();

/// All of them, in the order of `vfleet --help`. Built once.
[[nodiscard]] const std::vector<CommandSpec>& all_commands();

}  // namespace vfleet::cli
