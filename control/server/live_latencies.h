#pragma once

#include <string>
#include <vector>

#include "control/results/figures.h"

namespace vfleet::control::server {

/// The latencies of workers on this host, which do not send them: read from their boards.
struct LiveLatencies {
  results::Latencies rows;
  std::vector<std::string> boards;  ///< the files that `rows` are of
};

/// Of all boards in the run directory; none without one.
[[nodiscard]] LiveLatencies read_live_latencies(const std::string& run_dir);

/// False when one of the boards has gone since: what it held is now in Statistics.
[[nodiscard]] bool still_live(const LiveLatencies& latencies);

}  // namespace vfleet::control::server
