#pragma once

#include <string>
#include <string_view>
#include <vector>

/// A child must not outlive a parent that is killed with SIGKILL; posix_spawn cannot ask for that. So the
/// program that is spawned is a helper: `HELPER exec-child PARENT-PID PROGRAM ARG...` sets PR_SET_PDEATHSIG
/// (SIGKILL) on itself, checks that the parent still lives, and becomes the real program. The setting
/// survives that exec. `vfleet` and `vfleet-worker` are both their own helper.
namespace vfleet::child {

/// The first word of the helper's command line.
inline constexpr std::string_view kExecChild = "exec-child";

/// The helper itself; does not return when the program could be started. `words` are those after kExecChild.
/// A program without a slash is looked for in PATH.
int exec_child(const std::vector<std::string>& words);

}  // namespace vfleet::child
