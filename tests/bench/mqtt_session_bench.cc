// What a publication of 300 bytes costs in our own code, without the kernel: the session alone (encode, QoS
// machine, answer), and a whole link (topic template, session, tickets, fates). And what a link weighs: the
// target for a device, all included, is 1.75 KiB.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/session.h"
#include "tests/bench/counting_new.h"
#include "tests/bench/mqtt_fleet.h"

namespace vfleet {
namespace {

using namespace codec::mqtt;

void BM_Session(benchmark::State& state) {
  const auto qos = static_cast<std::uint8_t>(state.range(0));
  SessionShared shared({.persistent = qos > 0});
  ClientSession session(shared, 1);
  const std::string payload(300, 'x');
  std::string out;
  std::string in;
  TimePoint now{std::chrono::hours(1)};
  Event event;
  const auto hear = [&] {
    std::string_view rest = in;
    while (session.next(rest, now, event, out)) {
    }
    in.clear();
  };
  session.connect({.client_id = "d", .username = {}, .password = {}, .will = {}}, now, out);
  encode(Connack{}, Version::v3_1_1, in);
  hear();
  const auto once = [&] {
    out.clear();
    Publish packet{.qos = qos, .topic = "vfleet/pile-00042/meter", .properties = {}, .payload = payload};
    benchmark::DoNotOptimize(session.publish(packet, {}, now, out));
    if (qos == 0) return;
    const PacketType first = qos == 1 ? PacketType::puback : PacketType::pubrec;
    encode(Ack{first, packet.packet_id, ReasonCode::success, {}}, Version::v3_1_1, in);
    if (qos == 2)
      encode(Ack{PacketType::pubcomp, packet.packet_id, ReasonCode::success, {}}, Version::v3_1_1, in);
    hear();
  };
  once();
  const std::uint64_t before = bench::allocations();
  for (auto _ : state) once();
  state.counters["allocations"] = static_cast<double>(bench::allocations() - before);
}
BENCHMARK(BM_Session)->ArgName("qos")->Arg(0)->Arg(1)->Arg(2);

void BM_Link(benchmark::State& state) {
  bench::MqttFleet fleet(static_cast<std::size_t>(state.range(1)), static_cast<int>(state.range(0)), false,
                         "3.1.1");
  for (int i = 0; i < 3; ++i) fleet.round();
  const std::uint64_t before = bench::allocations();
  for (auto _ : state) fleet.round();
  state.counters["allocations"] = static_cast<double>(bench::allocations() - before);
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(BM_Link)->ArgNames({"qos", "links"})->Args({0, 1})->Args({1, 1})->Args({2, 1})->Args({0, 10'000});

void BM_LinkBytes(benchmark::State& state) {
  const auto qos = static_cast<int>(state.range(0));
  constexpr std::size_t kLinks = 10'000;
  double bytes = 0;
  for (auto _ : state) {
    const auto before = mallinfo2().uordblks;
    bench::MqttFleet fleet(kLinks, qos, qos > 0, "5");
    fleet.round();
    bytes = static_cast<double>(mallinfo2().uordblks - before) / kLinks;
  }
  state.counters["bytes_a_link"] = bytes;  // with the pretended socket, 100 bytes or so
}
BENCHMARK(BM_LinkBytes)->ArgName("qos")->Arg(0)->Arg(1)->Iterations(1);

}  // namespace
}  // namespace vfleet

BENCHMARK_MAIN();
