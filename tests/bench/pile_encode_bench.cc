// What one meter report of a charging pile costs the model and the dialect: advance and encode, no engine.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <chrono>
#include <memory>
#include <vector>

#include "devices/charging_pile/charging_pile.h"
#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/model/connector.h"
#include "devices/charging_pile/pile.h"
#include "simulator/core/hash.h"
#include "tests/bench/nowhere.h"

namespace vfleet {
namespace {

using namespace std::chrono_literals;

using bench::Nowhere;

// So slow that every session outlasts the measurement.
config::Values slow_charging() {
  return {{"connector_power", {2000.0}}};
}

struct Fleet {
  explicit Fleet(std::size_t count, bool charging)
      : type(make_charging_pile()), config(std::move(*type->build(slow_charging()))), context(*config) {
    const std::size_t before = mallinfo2().uordblks;
    piles.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      piles.push_back(type->make(42, mix(i), *config));
      piles.back()->boot(context);
      if (charging) charge(*piles.back());
    }
    bytes_each = static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(count);
  }

  void charge(device::Device& pile) {
    for (std::int64_t connector : {1, 2}) {
      const config::Values vehicle{
          {"connector", {connector}}, {"vehicle", {std::string("sedan")}}, {"soc", {0.01}}};
      const config::Values limits{{"connector", {connector}}, {"soc", {0.0}}, {"energy", {0.0}}};
      (void)pile.act(context, {.name = "plug", .args = &vehicle});
      (void)pile.act(context, {.name = "start", .args = &limits});
    }
  }

  std::unique_ptr<device::DeviceType> type;
  std::unique_ptr<const device::DeviceConfig> config;
  Nowhere context;
  std::vector<std::unique_ptr<device::Device>> piles;
  double bytes_each = 0;
};

void meter(benchmark::State& state, bool charging) {
  Fleet fleet(static_cast<std::size_t>(state.range(0)), charging);
  codec::Buffer out;
  device::Report report{.kind = static_cast<device::ReportIndex>(pile::ReportKind::meter), .channel = 1};
  report.head = {.device = "pile-00042", .boot = 1, .type = "meter", .channel = 1};
  std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    if (++i == fleet.piles.size()) {
      i = 0;
      fleet.context.clock.advance(15s);
    } else if (fleet.piles.size() == 1) {
      fleet.context.clock.advance(15s);
    }
    device::Device& pile = *fleet.piles[i];
    pile.advance(fleet.context);
    out.clear();
    ++report.head.seq;
    report.head.due_us = report.head.sent_us = to_us(fleet.context.clock.wall_now());
    benchmark::DoNotOptimize(pile.encode(fleet.context, report, {}, out));
    bytes += out.size();
  }
  state.counters["bytes_a_report"] = static_cast<double>(bytes) / static_cast<double>(state.iterations());
  state.counters["heap_a_pile"] = fleet.bytes_each;
  state.counters["sizeof_pile"] = sizeof(pile::Pile);
  state.counters["sizeof_connector"] = sizeof(pile::Connector);
  state.counters["sizeof_visit"] = sizeof(pile::Visit);
}

void idle_meter(benchmark::State& state) {
  meter(state, false);
}
void charging_meter(benchmark::State& state) {
  meter(state, true);
}

BENCHMARK(idle_meter)->Arg(1000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(charging_meter)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace vfleet

BENCHMARK_MAIN();
