// The timer wheel with N timers in it: what one arm, re-arm, cancel and expiry costs.
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>

#include "simulator/core/hash.h"
#include "simulator/schedule/timer_wheel.h"

namespace vfleet::schedule {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kOrigin{std::chrono::hours(1)};
constexpr std::int64_t kSpread = 60'000;  // ms: deadlines lie within a minute

class Counted final : public Timer {
 public:
  static inline std::uint64_t expired = 0;

 private:
  void expire() override { ++expired; }
};

struct Timers {
  explicit Timers(std::size_t n) : count(n), all(std::make_unique<Counted[]>(n)) {}
  void arm_all() {
    for (std::size_t i = 0; i < count; ++i) wheel.arm(all[i], deadline(i));
  }
  void cancel_all() {
    for (std::size_t i = 0; i < count; ++i) all[i].cancel();
  }
  [[nodiscard]] static TimePoint deadline(std::uint64_t i) {
    return kOrigin + std::chrono::milliseconds(1 + mix(i) % kSpread);
  }

  TimerWheel wheel{kOrigin};
  std::size_t count;
  std::unique_ptr<Counted[]> all;  // goes before the wheel
};

void per_timer(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["ns_each"] =
      benchmark::Counter(static_cast<double>(state.range(0)) / 1e9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void BM_Insert(benchmark::State& state) {
  Timers timers(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    timers.arm_all();
    state.PauseTiming();
    timers.cancel_all();
    state.ResumeTiming();
  }
  per_timer(state);
}

void BM_Rearm(benchmark::State& state) {
  Timers timers(static_cast<std::size_t>(state.range(0)));
  timers.arm_all();
  std::uint64_t salt = 0;
  for (auto _ : state) {
    salt += timers.count;
    for (std::size_t i = 0; i < timers.count; ++i)
      timers.wheel.arm(timers.all[i], Timers::deadline(salt + i));
  }
  per_timer(state);
}

void BM_Cancel(benchmark::State& state) {
  Timers timers(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    timers.arm_all();
    state.ResumeTiming();
    timers.cancel_all();
  }
  per_timer(state);
}

void BM_Expire(benchmark::State& state) {
  Counted::expired = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto timers = std::make_unique<Timers>(static_cast<std::size_t>(state.range(0)));
    timers->arm_all();
    state.ResumeTiming();
    // As a loop does it: a look each millisecond.
    for (std::int64_t ms = 1; ms <= kSpread; ++ms) {
      timers->wheel.advance(kOrigin + std::chrono::milliseconds(ms));
    }
    state.PauseTiming();
    timers.reset();
    state.ResumeTiming();
  }
  per_timer(state);
  if (Counted::expired != static_cast<std::uint64_t>(state.iterations() * state.range(0))) {
    state.SkipWithError("timers were lost");
  }
}

BENCHMARK(BM_Insert)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Rearm)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Cancel)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Expire)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vfleet::schedule

BENCHMARK_MAIN();
