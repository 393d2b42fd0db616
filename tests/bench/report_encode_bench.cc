// What encoding one report costs, envelope included, and that it allocates nothing: the target is 300 bytes
// in less than 500 ns.
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>

#include "devices/charging_pile/charging_pile.h"
#include "devices/ip_camera/ip_camera.h"
#include "simulator/core/clock.h"
#include "tests/bench/counting_new.h"
#include "tests/bench/nowhere.h"

namespace vfleet {
namespace {

using namespace std::chrono_literals;

void encode(benchmark::State& state, const device::DeviceType& type, std::string_view report_name,
            device::Channel channel) {
  const auto config = std::move(*type.build({}));
  bench::Nowhere context(*config);
  const auto device = type.make(42, 7, *config);
  device->boot(context);
  device->link_up(context);
  context.clock.advance(1h);
  device->advance(context);

  const int kind = type.description().report_index(report_name);
  device::Report report{.kind = static_cast<device::ReportIndex>(kind), .channel = channel};
  report.head = {.device = context.id(),
                 .boot = 1,
                 .due_us = to_us(context.wall_now()),
                 .sent_us = to_us(context.wall_now()),
                 .type = report_name,
                 .channel = channel};
  codec::Buffer out;
  if (!device->encode(context, report, {}, out)) return state.SkipWithError("no such report");
  const std::uint64_t before = bench::allocations();
  for (auto _ : state) {
    out.clear();
    ++report.head.seq;
    benchmark::DoNotOptimize(device->encode(context, report, {}, out));
    benchmark::ClobberMemory();
  }
  state.counters["allocations"] = static_cast<double>(bench::allocations() - before);
  state.counters["bytes"] = static_cast<double>(out.size());
}

void BM_Pile(benchmark::State& state, const char* report, device::Channel channel) {
  encode(state, *make_charging_pile(), report, channel);
}
void BM_Camera(benchmark::State& state, const char* report, device::Channel channel) {
  encode(state, *devices::ip_camera::make_ip_camera(), report, channel);
}

BENCHMARK_CAPTURE(BM_Pile, heartbeat, "heartbeat", 0);
BENCHMARK_CAPTURE(BM_Pile, status, "status", 1);
BENCHMARK_CAPTURE(BM_Pile, meter, "meter", 1);
BENCHMARK_CAPTURE(BM_Camera, heartbeat, "heartbeat", 0);
BENCHMARK_CAPTURE(BM_Camera, status, "status", 0);

}  // namespace
}  // namespace vfleet

BENCHMARK_MAIN();
