#pragma once

#include <string>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::control::server {

/// Runs `PROGRAM --describe` and returns what it prints. Blocks for at most `timeout`: at the start only.
/// Errors: unavailable (not there, ended with an error), timed_out, too_large (over 16 MiB).
[[nodiscard]] Result<std::string> describe_worker(const std::string& program, Duration timeout);

/// The program of that name next to the running one.
[[nodiscard]] std::string sister_program(const std::string& name);

}  // namespace vfleet::control::server
