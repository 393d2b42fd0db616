// What an operator waits for, with real processes:
//   a durable and a transient command for one device, from the request to its result, one after the other;
//   --commands of them queued by one operator, to all workers;
//   a worker that joins with --rules rules in the snapshot, each for another device.
//   control_bench [--workers 4] [--commands 10000] [--rules 100000] [--bin-dir DIR]
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/bench/processes.h"
#include "tests/bench/worker_in_process.h"

namespace {

using namespace vfleet;
using nlohmann::json;

constexpr int kRoundTrips = 2'000;

std::string fleet_of(std::uint64_t devices) {
  return fmt::format(
      "fleet: bench\nseed: 1\ngroups:\n  - name: pile\n    type: charging_pile\n    id: \"pile-{{:06}}\"\n"
      "    count: {}\n    config: {{reports: {{heartbeat: {{every: 1h}}, meter: {{every: 1h}}}}}}\n"
      "    uplink: \"null\"\n",
      devices);
}

void round_trips(bench::Processes& fleet, const RealClock& clock, const char* what, const std::string& verb,
                 const std::function<std::string(int)>& args, int times) {
  std::vector<std::int64_t> took;
  for (int i = 0; i < times; ++i) {
    const TimePoint begin = clock.now();
    const json result = fleet.call(verb, args(i));
    took.push_back(to_us(clock.now() - begin));
    bench::require(result["applied"] == 1, "not done: " + result.dump());
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double part) { return took[static_cast<std::size_t>(part * (times - 1))]; };
  fmt::print("{} for one device: p50 {} us, p99 {} us, max {} us\n", what, at(0.5), at(0.99), took.back());
}

}  // namespace

int main(int argc, char** argv) {
  const auto workers = static_cast<unsigned>(std::stoul(bench::option(argc, argv, "--workers", "4")));
  const auto commands = std::stoull(bench::option(argc, argv, "--commands", "10000"));
  const auto rules = std::stoull(bench::option(argc, argv, "--rules", "100000"));
  const auto bin = bench::bin_dir(argc, argv);
  const RealClock clock;
  {
    bench::Processes fleet(bin, fleet_of(1'000), workers);
    for (unsigned shard = 0; shard < workers; ++shard) fleet.start_worker(shard);
    fleet.wait_live(1'000);
    const int times = std::min<int>(kRoundTrips, static_cast<int>(commands));
    round_trips(
        fleet, clock, "set", "set",
        [](int i) {
          return fmt::format(R"({{"selector":"pile-000042","patch":{{"connector_power":"{}W"}}}})",
                             10'000 + i);
        },
        times);
    round_trips(
        fleet, clock, "trigger", "trigger",
        [](int) { return std::string(R"({"selector":"pile-000042","report":"heartbeat"})"); }, times);
    const TimePoint begin = clock.now();
    fleet.call_many(
        "set", commands, 1'000,
        [](std::uint64_t i) {
          return fmt::format(R"({{"selector":"all","patch":{{"connector_power":"{}W"}}}})", 10'000 + i);
        },
        [](const json& result) { return result["applied"] == 1'000; });
    const double seconds = to_seconds(clock.now() - begin);
    fmt::print("{} queued sets on 1000 devices in {} workers: {:.2f} s, {:.0f} a second\n", commands, workers,
               seconds, static_cast<double>(commands) / seconds);
  }
  bench::Processes fleet(bin, fleet_of(rules), 1);
  const TimePoint recording = clock.now();
  fleet.call_many(
      "set", rules, 1'000,
      [](std::uint64_t i) {
        return fmt::format(R"({{"selector":"pile-{:06}","patch":{{"connector_power":"{}W"}}}})", i + 1,
                           10'000 + i % 90'000);
      },
      [](const json&) { return true; });
  fmt::print("{} rules recorded in {:.2f} s\n", rules, to_seconds(clock.now() - recording));
  const TimePoint begin = clock.now();
  fleet.start_worker(0);
  fleet.wait_live(rules);
  fmt::print(
      "join with {} rules for exact ids: {:.2f} s from the start of the process until all devices are "
      "online\n",
      rules, to_seconds(clock.now() - begin));
  const json rows = fleet.call("status", "{}");
  bench::require(rows["revision"] == rules, "not every rule was recorded: " + rows.dump());
}
