// What a log line costs the loop that devices run on: not wanted, held back, and on its way to control.
#include <benchmark/benchmark.h>

#include "simulator/core/clock.h"
#include "simulator/log/device_log.h"
#include "simulator/log/line_ring.h"

namespace vfleet::log {
namespace {

constexpr std::string_view kText = "the platform asks for an unknown type: reboot_now";

void off(benchmark::State& state) {
  const RealClock clock;
  LineRing ring;
  DeviceLog log(clock, Level::warn, [&](Level level, std::string_view device, std::string_view text) {
    ring.push(0, level, device, text);
  });
  for (auto _ : state) {
    log.line(Level::info, "pile-00042", kText);
    benchmark::DoNotOptimize(log);
  }
}
BENCHMARK(off);

void held_back(benchmark::State& state) {
  const ManualClock clock;  // no time passes: after the burst nothing is let through
  DeviceLog log(clock, Level::info, [](Level, std::string_view, std::string_view) {});
  for (auto _ : state) log.line(Level::info, "pile-00042", kText);
}
BENCHMARK(held_back);

void on(benchmark::State& state) {
  LineRing ring;  // full after 8,192 lines: from then on the oldest falls out, as when control is away
  for (auto _ : state) ring.push(1, Level::info, "pile-00042", kText);
}
BENCHMARK(on);

void on_and_taken(benchmark::State& state) {
  LineRing ring;
  std::uint64_t seq = 0;
  for (auto _ : state) {
    ring.push(1, Level::info, "pile-00042", kText);
    if (ring.size() < 256) continue;
    const auto batch = ring.after(seq, 256, std::size_t{64} << 10U);
    seq = batch.back().seq;
    ring.confirm(seq);
  }
}
BENCHMARK(on_and_taken);

}  // namespace
}  // namespace vfleet::log
