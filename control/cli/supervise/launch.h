#pragma once

#include <string>
#include <vector>

#include "control/cli/session.h"
#include "control/cli/supervise/fleet_processes.h"
#include "simulator/config/fleet_spec.h"

namespace vfleet::cli {

/// What the options of `vfleet up` and the fleet file say of the processes.
struct Launch {
  std::string file;
  config::FleetSpec fleet;
  std::size_t workers = 1;
  FleetProcesses::Plan plan;
  std::vector<std::string> thresholds;  ///< of the command line
};

/// Reads all but the thresholds, and makes the run directory ready. Fails when options contradict each other,
/// when this machine has too few descriptors or ports, or when the directory has an earlier run that nobody
/// disposed of.
[[nodiscard]] Outcome<Launch> read_launch(Session& session, const Invocation& invocation,
                                          config::FleetSpec fleet);

}  // namespace vfleet::cli
