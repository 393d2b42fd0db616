#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/cli/environment.h"
#include "control/cli/failure.h"

/// `up --detach`: a second process, in a session of its own, does the work; the first shows what that one
/// says until the fleet is up. It is a new process and not a fork, so that nothing is inherited by half.
namespace vfleet::cli {

/// The first word of the second process: `vfleet exec-detached up FILE ...`.
inline constexpr std::string_view kExecDetached = "exec-detached";
/// Its descriptor on which it says that the fleet is up.
inline constexpr int kReadyFd = 3;

/// Runs `vfleet WORDS` detached and passes on what it prints, until it calls let_go() (done) or ends (its
/// status; it has said why). SIGINT and SIGTERM are passed on.
[[nodiscard]] Outcome<ExitStatus> run_detached(const Environment& env, const std::vector<std::string>& words);

/// In the second process: from now on output goes to the file `log`, and the first process ends well.
void let_go(const Environment& env, const std::string& log);

}  // namespace vfleet::cli
