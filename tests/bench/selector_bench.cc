// 100,000 devices against one selector: what a worker pays for each command. The time is for the whole fleet.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "simulator/bus/selector.h"

namespace vfleet::bus {
namespace {

constexpr std::size_t kDevices = 100000;
constexpr std::array<std::string_view, 4> kSites{"shanghai", "hefei", "beijing", "wuhan"};

struct Device : IdentityView {
  std::string_view id() const override { return name; }
  std::string_view type() const override { return "charging_pile"; }
  std::string_view group() const override { return "dc"; }
  std::optional<std::string_view> label(std::string_view key) const override {
    return key == "site" ? std::optional(site) : std::nullopt;
  }
  std::optional<std::string> state(std::string_view) const override { return std::nullopt; }
  std::string name;
  std::string_view site;
};

const std::vector<Device>& devices() {
  static const std::vector<Device> all = [] {
    std::vector<Device> out(kDevices);
    for (std::size_t i = 0; i < kDevices; ++i) {
      const std::string number = std::to_string(i);
      out[i].name = "pile-" + std::string(6 - number.size(), '0') + number;
      out[i].site = kSites[i % kSites.size()];
    }
    return out;
  }();
  return all;
}

void match(benchmark::State& state, const Selector& selector) {
  const auto& fleet = devices();
  std::size_t matched = 0;
  for (auto _ : state) {
    matched = 0;
    for (const Device& device : fleet) matched += selector.matches(device);
    benchmark::DoNotOptimize(matched);
  }
  state.counters["matched"] = static_cast<double>(matched);
}

void BM_Match(benchmark::State& state, const char* text) {
  match(state, *Selector::parse(text));
}
BENCHMARK_CAPTURE(BM_Match, exact, "pile-000042")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Match, glob, "pile-*42")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Match, range, "pile-000010..001000")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Match, labels, "type=charging_pile,site in (shanghai,hefei),!vip")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Match, sample, "sample(5%)")->Unit(benchmark::kMillisecond);

std::vector<std::string> every_second_id() {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kDevices; i += 2) ids.push_back(devices()[i].name);
  return ids;
}

void BM_MatchManyIds(benchmark::State& state) {
  match(state, Selector::of_ids(every_second_id()));
}
BENCHMARK(BM_MatchManyIds)->Unit(benchmark::kMillisecond);

void BM_Parse(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Selector::parse("type=charging_pile,site in (shanghai,hefei),!vip,sample(5%)"));
  }
}
BENCHMARK(BM_Parse);

void BM_ParseManyIds(benchmark::State& state) {
  const std::string text = Selector::of_ids(every_second_id()).text();
  for (auto _ : state) benchmark::DoNotOptimize(Selector::parse(text));
}
BENCHMARK(BM_ParseManyIds)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vfleet::bus
