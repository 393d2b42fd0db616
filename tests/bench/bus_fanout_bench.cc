// One transient command to idle worker processes through control, until the operator has the result of all.
//   bus_fanout_bench [--workers 16] [--commands 1000] [--bin-dir DIR]
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/bench/processes.h"
#include "tests/bench/worker_in_process.h"

int main(int argc, char** argv) {
  using namespace vfleet;
  const auto workers = static_cast<unsigned>(std::stoul(bench::option(argc, argv, "--workers", "16")));
  const int commands = std::stoi(bench::option(argc, argv, "--commands", "1000"));
  // One device a worker, silent: shards are balanced by ordinal.
  bench::Processes fleet(
      bench::bin_dir(argc, argv),
      fmt::format("fleet: bench\nseed: 1\ngroups:\n  - name: pile\n    type: charging_pile\n"
                  "    count: {}\n    uplink: \"null\"\n",
                  workers),
      workers);
  for (unsigned shard = 0; shard < workers; ++shard) fleet.start_worker(shard);
  fleet.wait_live(workers);

  const RealClock clock;
  std::vector<std::int64_t> took;
  for (int i = 0; i < commands; ++i) {
    const TimePoint begin = clock.now();
    const auto result = fleet.call("trigger", R"({"selector":"all","report":"heartbeat"})");
    took.push_back(to_us(clock.now() - begin));
    bench::require(result["applied"] == workers, "not every worker did it: " + result.dump());
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double part) { return took[static_cast<std::size_t>(part * (commands - 1))]; };
  fmt::print("{} commands to {} workers: p50 {} us, p90 {} us, p99 {} us, max {} us\n", commands, workers,
             at(0.5), at(0.9), at(0.99), took.back());
}
