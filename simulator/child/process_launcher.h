#pragma once

#include <memory>
#include <string>

#include "simulator/child/child.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::child {

/// Real processes: posix_spawn, a pidfd and non-blocking pipes on an AsioLoop. Children inherit nothing but
/// their three pipes. Ignores SIGPIPE for the whole process: a child that goes while it is written to is no
/// reason to die. `helper`: a program that understands kExecChild ("/proc/self/exe" when that is this one),
/// so that children die with this process; empty: without that. Outlives its children.
[[nodiscard]] std::unique_ptr<Launcher> make_process_launcher(loop::AsioLoop& loop, std::string helper);

}  // namespace vfleet::child
