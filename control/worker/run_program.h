#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::control::worker {

struct Run {
  std::vector<std::string> words;  ///< a path, and arguments
  std::string_view input = {};     ///< for its standard input
  Duration quiet_max{};            ///< it is killed when it neither prints nor reads for so long
  std::size_t output_max = std::size_t{64} << 20U;  ///< bytes
};

/// Runs a program to its end and returns what it printed on its standard output. Blocks. Errors, with what it
/// printed last on its standard error: unavailable (it cannot be started, or ended other than with status 0),
/// timed_out, too_large.
[[nodiscard]] Result<std::string> run_program(const Run& run);

}  // namespace vfleet::control::worker
