#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vfleet::control::metrics {

/// One worker, as control knows it.
struct WorkerMetrics {
  std::uint32_t shard = 0;
  bool live = false;
  std::uint64_t lives = 0;  ///< that this shard had
  std::uint64_t devices = 0;
  std::uint64_t online = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t cpu_us = 0;
  double utilisation = 0;  ///< of one core
};

/// What a scrape shows; cheap to gather on control's loop.
struct FleetMetrics {
  std::string fleet;
  std::string version;
  std::uint64_t revision = 0;
  std::string figures;  ///< Statistics::merged(): JSON
  std::vector<WorkerMetrics> workers;
  std::string run_dir;  ///< boards of local workers are there, with latencies of each report; empty: none
};

/// The whole text of a scrape. Reads boards and takes milliseconds: not for the loop. Figures of another form
/// are left out. Names and labels: docs/operations.md.
[[nodiscard]] std::string render(const FleetMetrics& fleet);

}  // namespace vfleet::control::metrics
