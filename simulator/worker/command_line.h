#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulator/core/result.h"

namespace vfleet::worker {

/// What vfleet-worker is started with.
struct CommandLine {
  bool describe = false;
  bool check = false;
  std::string run_dir;
  std::string publish_endpoint;
  std::string workers_endpoint;
  std::string control;
  std::string keys;  ///< empty where the endpoints need none
  bool insecure = false;
  std::uint32_t shard = 0;
  std::string log_level = "info";
  std::string state_dir;  ///< empty: no state is kept
  bool no_state = false;
  std::string log_to = "control";

  /// Fills in where control is and where state is kept, from what was said of it. --control names control's
  /// sockets; keys are for tcp:// and tcp:// is for keys, unless --insecure says so. Errors:
  /// invalid_argument, with what is missing.
  [[nodiscard]] Status complete();
};

/// The words of main(). Nullopt when there is nothing to run: `status` is then what the process ends with,
/// and why, or the help, has been printed.
[[nodiscard]] std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status);

}  // namespace vfleet::worker
