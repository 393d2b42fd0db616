// A real worker process with one device: what it weighs, and how soon its device is online.
//   one_device_bench [--rounds 5] [--bin-dir DIR]
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/bench/processes.h"
#include "tests/bench/worker_in_process.h"

int main(int argc, char** argv) {
  using namespace vfleet;
  const int rounds = std::stoi(bench::option(argc, argv, "--rounds", "5"));
  std::vector<double> rss;
  std::vector<double> start;
  for (int i = 0; i < rounds; ++i) {
    bench::Processes fleet(bench::bin_dir(argc, argv),
                           "fleet: bench\nseed: 1\ngroups:\n  - name: pile\n    type: charging_pile\n"
                           "    count: 1\n    uplink: \"null\"\n",
                           1);
    const RealClock clock;
    const TimePoint begin = clock.now();
    const pid_t worker = fleet.start_worker(0);
    fleet.wait_live(0);
    start.push_back(to_seconds(clock.now() - begin) * 1000);
    fleet.wait_live(1);
    rss.push_back(static_cast<double>(bench::Processes::rss_bytes(worker)) / (1 << 20));
  }
  std::sort(rss.begin(), rss.end());
  std::sort(start.begin(), start.end());
  fmt::print("a worker with one device: {:.1f} MiB resident, live {:.0f} ms after its start\n",
             rss[rss.size() / 2], start[start.size() / 2]);
}
