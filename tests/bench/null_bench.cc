// The engine alone: one worker's devices on the null uplink, virtual time driven as fast as it is computed.
// Rates are by CPU time: what one core would do.
//   null_bench [--devices 1000,10000,...] [--reports N] [--rounds N] [--state no,yes] [--state-dir DIR]
// With state: what must not go back is kept in a file below DIR, as a worker does.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <vector>

#include "simulator/loop/virtual_loop.h"
#include "simulator/metrics/process.h"
#include "tests/bench/worker_in_process.h"

namespace {

using namespace vfleet;
using namespace std::chrono_literals;

struct Load {
  std::string type;
  std::string report;
  std::string values;  // one report a second and device
  bool charging = false;
};

// Default piles have two connectors, each with a meter report of its own.
const std::vector<Load> kLoads = {
    {"charging_pile", "meter", R"({"reports.meter.every":"2s","reports.meter.idle_every":"2s"})"},
    // Both connectors all the time: what state costs most.
    {"charging_pile", "charging", R"({"reports.meter.every":"2s","connector_power":"2kW"})", true},
    {"ip_camera", "heartbeat", R"({"reports.heartbeat.every":"1s"})"},
};

struct Row {
  std::uint32_t devices = 0;
  double heap_each = 0;
  double rss_each = 0;
  double state_each = 0;
  double bytes_a_report = 0;
  double per_second = 0;
};

// A vehicle on each connector of each pile.
void charge(bench::WorkerInProcess& worker, loop::VirtualLoop& loop, std::uint32_t devices) {
  for (const char* action : {"plug", "start"}) {
    for (const char* connector : {"1", "2"}) {
      std::uint64_t applied = 0;
      worker.act("all", action,
                 fmt::format(R"({{"connector":"{}"{}}})", connector,
                             action == std::string_view("plug") ? R"(,"vehicle":"sedan","soc":"1%")"
                                                                : R"(,"soc":"0%","energy":"0Wh")"),
                 [&](std::uint64_t did) { applied = did; });
      bench::require(loop.run_until([&] { return applied == devices; }, 10s), "the piles do not charge");
    }
  }
}

Row measure(const Load& load, const std::string& state, std::uint32_t devices, std::uint64_t reports,
            int rounds) {
  Row row{.devices = devices};
  loop::VirtualLoop loop;
  bench::WorkerInProcess worker(loop);
  const std::uint64_t heap = bench::heap_bytes();
  const std::uint64_t rss = metrics::own_rss_bytes();
  if (!state.empty()) worker.keep_state(state);
  bool joined = false;
  worker.join({bench::group_json("dev", load.type, devices, 0, load.values)}, [&] { joined = true; });
  bench::require(loop.run_until([&] { return joined; }, 10s), "the worker does not come up");
  if (load.charging) charge(worker, loop, devices);
  const auto seconds = std::chrono::seconds(std::clamp<std::uint64_t>(reports / devices, 1, 1000));
  loop.run_for(std::min<Duration>(seconds, 4s));  // every device has reported
  std::vector<double> rates;
  std::uint64_t sent = 0;
  const std::uint64_t bytes = worker.bytes_sent();
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t before = worker.figures().sent;
    const std::uint64_t begin = metrics::own_cpu_us();
    loop.run_for(seconds);
    const double took = static_cast<double>(metrics::own_cpu_us() - begin) / 1e6;
    sent += worker.figures().sent - before;
    rates.push_back(static_cast<double>(worker.figures().sent - before) / took);
  }
  std::sort(rates.begin(), rates.end());
  row.per_second = rates[rates.size() / 2];
  row.bytes_a_report = static_cast<double>(worker.bytes_sent() - bytes) / static_cast<double>(sent);
  // At the end: sessions and events have come and gone by now.
  row.heap_each = static_cast<double>(bench::heap_bytes() - heap) / devices;
  row.rss_each = static_cast<double>(metrics::own_rss_bytes()) - static_cast<double>(rss);
  row.rss_each /= devices;
  row.state_each = static_cast<double>(worker.state_bytes()) / devices;
  bench::require(worker.figures().in_flight() == 0, "reports were lost");
  return row;
}

// In a process of its own: memory that an earlier row gave back would hide what this one takes.
Row measure_apart(const Load& load, const std::string& state, std::uint32_t devices, std::uint64_t reports,
                  int rounds) {
  void* shared = ::mmap(nullptr, sizeof(Row), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  bench::require(shared != MAP_FAILED, "no shared memory");
  const pid_t pid = ::fork();
  bench::require(pid >= 0, "cannot fork");
  if (pid == 0) {
    *static_cast<Row*>(shared) = measure(load, state, devices, reports, rounds);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  bench::require(status == 0, "a measurement failed");
  const Row row = *static_cast<const Row*>(shared);
  ::munmap(shared, sizeof(Row));
  return row;
}

std::vector<std::string> words(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream in(list);
  for (std::string word; std::getline(in, word, ',');) out.push_back(word);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string sizes = bench::option(argc, argv, "--devices", "1000,10000,100000,1000000");
  const std::uint64_t reports = std::stoull(bench::option(argc, argv, "--reports", "2000000"));
  const int rounds = std::stoi(bench::option(argc, argv, "--rounds", "3"));
  const std::string states = bench::option(argc, argv, "--state", "no,yes");
  const std::filesystem::path folder = bench::option(argc, argv, "--state-dir", "/tmp");
  const std::string file = folder / fmt::format("vfleet-null-bench-{}.state", ::getpid());
  fmt::print("{:<14} {:<10} {:<6} {:>9} {:>7} {:>7} {:>7} {:>9} {:>12} {:>8} {:>7}\n", "type", "report",
             "state", "devices", "heap B", "file B", "RSS B", "report B", "reports/s", "ns each", "growth");
  for (const Load& load : kLoads) {
    std::map<std::string, double> first_ns;  // with state or without
    for (const std::string& size : words(sizes)) {
      for (const std::string& state : words(states)) {
        const auto devices = static_cast<std::uint32_t>(std::stoul(size));
        const Row row = measure_apart(load, state == "yes" ? file : std::string(), devices, reports, rounds);
        const double ns = 1e9 / row.per_second;
        const double first = first_ns.emplace(state, ns).first->second;
        fmt::print(
            "{:<14} {:<10} {:<6} {:>9} {:>7.0f} {:>7.0f} {:>7.0f} {:>9.0f} {:>12.0f} {:>8.0f} {:>7.2f}\n",
            load.type, load.report, state, row.devices, row.heap_each, row.state_each, row.rss_each,
            row.bytes_a_report, row.per_second, ns, ns / first);
        std::fflush(stdout);
      }
    }
  }
}
