// A worker and its platform on virtual time, over HTTP on a simulated network: what the worker says of its
// reports is held against what the platform saw.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "devices/all_devices.h"
#include "simulator/core/hash.h"
#include "simulator/core/random.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/virtual_loop.h"
#include "simulator/metrics/histogram_json.h"
#include "simulator/platform/arrivals.h"
#include "simulator/state/state_file.h"
#include "tests/scenario/http_platform.h"
#include "tests/support/simulated_network.h"

namespace vfleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Platform : public testing::Test {
 protected:
  Platform() { register_all_devices(types); }

  static std::string piles(std::uint64_t count, const json& values) {
    json all = values;
    all["uplink.http.url"] = "http://127.0.0.1:8080/in";
    return json{{"name", "pile"},
                {"type", "charging_pile"},
                {"id", "pile-{:04}"},
                {"first", 1},
                {"count", count},
                {"labels", json::array()},
                {"ordinals", {{0, count, 0}}},
                {"uplink", "http"},
                {"profile", ""},
                {"profile_values", json::object()},
                {"values", all}}
        .dump();
  }

  void start(const std::string& group, std::uint64_t boot = 1, state::StateFile* file = nullptr) {
    host = std::make_unique<fleet::FleetHost>(
        loop, types, uplink::UplinkEnvironment{.loop = loop, .network = &network, .seed = 7});
    host->snapshot_begin({.fleet = "platform", .seed = 7, .start_us = start_us, .boot = boot});
    host->shard().keep_state(file);
    host->snapshot_groups({group});
    host->snapshot_end([] {});
    loop.run_for(1ms);
    ASSERT_EQ(host->problems(), std::vector<std::string>{});
  }

  void command(bus::Verb verb, const std::string& selector, const json& args) {
    bus::Command command;
    command.revision = ++revision;
    command.id = "cmd-" + std::to_string(revision);
    command.verb = verb;
    command.selector = selector;
    command.args = args.dump();
    bool done = false;
    host->execute(
        command, [](const bus::CommandResult& result) { EXPECT_EQ(result.failed + result.rejected, 0U); },
        [&] { done = true; });
    EXPECT_TRUE(loop.run_until([&] { return done; }, 10s));
  }

  json figures() { return json::parse(host->statistics()); }

  static std::uint64_t sum(const json& by_reason) {
    std::uint64_t out = 0;
    for (const auto& [reason, n] : by_reason.items()) out += n.get<std::uint64_t>();
    return out;
  }

  /// sent = acked + failed + in flight, as a whole and of each type. Returns the figures.
  json expect_closed_account() {
    json all = figures();
    EXPECT_EQ(all["sent"].get<std::uint64_t>(),
              all["acked"].get<std::uint64_t>() + sum(all["failed"]) + all["in_flight"].get<std::uint64_t>())
        << all["failed"];
    std::uint64_t in_flight = 0;
    std::uint64_t refused = 0;
    std::uint64_t dropped = 0;
    for (const auto& [name, of] : all["reports"].items()) {
      const std::uint64_t done = of["acked"].get<std::uint64_t>() + of["failed"].get<std::uint64_t>();
      EXPECT_GE(of["sent"].get<std::uint64_t>(), done) << name;
      in_flight += of["sent"].get<std::uint64_t>() - done;
      refused += of["refused"].get<std::uint64_t>();
      dropped += of["dropped"].get<std::uint64_t>();
    }
    EXPECT_EQ(in_flight, all["in_flight"]) << "the types together are the whole";
    EXPECT_EQ(refused, all["failed"].value("refused", 0U));
    EXPECT_EQ(dropped, all["failed"].value("evicted", 0U));
    return all;
  }

  metrics::Histogram latency(const std::string& name, const char* which) {
    const json all = figures();
    for (const json& row : all["latencies"]) {
      if (row["name"] != name) continue;
      auto histogram = metrics::histogram_from_tree(row[which]);
      EXPECT_TRUE(histogram);
      return *histogram;
    }
    ADD_FAILURE() << "no row " << name;
    return {};
  }

  loop::VirtualLoop loop;
  const std::int64_t start_us = to_us(loop.clock().wall_now());
  device::DeviceRegistry types;
  test::SimulatedNetwork network{loop};
  test::HttpPlatform platform{loop, network, 8080};
  std::unique_ptr<fleet::FleetHost> host;
  std::uint64_t revision = 0;
};

TEST_F(Platform, TheLossAccountHoldsPerTypeWhileThePlatformIsKilledAndRestarted) {
  platform.server.delay = 300ms;
  start(piles(60, {{"reports.meter.every", "2s"},
                   {"reports.heartbeat.every", "3s"},
                   {"arrivals.per_day", "200"},
                   {"uplink.http.backoff.max", "2s"},
                   {"uplink.http.queue.when_full", "drop_oldest"},
                   {"uplink.http.queue.max", "4"}}));
  Random random(9, 9, "kills");
  for (int kill = 0; kill < 25; ++kill) {
    loop.run_for(std::chrono::microseconds(random.below(20'000'000)));
    platform.server.stop();  // what is on its way is lost, in both directions
    expect_closed_account();
    loop.run_for(std::chrono::microseconds(random.below(8'000'000)));
    expect_closed_account();
    platform.server.start();
  }
  bool stopped = false;
  host->stop([&] { stopped = true; });
  ASSERT_TRUE(loop.run_until([&] { return stopped; }, 20s));
  const json all = expect_closed_account();
  EXPECT_EQ(all["in_flight"], 0);
  EXPECT_GT(sum(all["failed"]), 50U) << "the kills cost something";
  // To the last report: what was acknowledged arrived, and what arrived was acknowledged or its answer was
  // lost.
  const auto received = platform.received_by_type();
  EXPECT_GE(received.size(), 3U);
  for (const auto& [type, n] : received) {
    const json& of = all["reports"]["charging_pile." + type];
    EXPECT_LE(of["acked"].get<std::uint64_t>(), n) << type;
    EXPECT_LE(n, of["acked"].get<std::uint64_t>() + of["failed"].get<std::uint64_t>()) << type;
  }
  // A number is used once.
  for (auto& [device, seqs] : platform.seqs()) {
    EXPECT_TRUE(std::adjacent_find(seqs.begin(), seqs.end(), std::greater_equal<>()) == seqs.end()) << device;
  }
}

TEST_F(Platform, TheAccountStaysClosedWhenLinksAreRemadeDevicesLeaveAndTheWorkerStops) {
  const json values = {{"reports.heartbeat.every", "1s"},
                       {"reports.meter.every", "2s"},
                       {"uplink.http.timeout", "1min"},
                       {"uplink.http.offline.max", "50"}};
  start(piles(40, values));
  loop.run_for(10s);
  platform.answer_at = [] { return kNever; };  // from now on reports are under way and wait in their links
  loop.run_for(10s);
  EXPECT_GT(expect_closed_account()["in_flight"], 200);
  command(bus::Verb::set, "all", {{"patch", {{"uplink.http.timeout", "50s"}}}});  // remakes the connections
  loop.run_for(5s);
  expect_closed_account();
  command(bus::Verb::disconnect, "pile-0001..0010", json::object());
  loop.run_for(90s);
  EXPECT_GT(expect_closed_account()["queued"], 100);
  command(
      bus::Verb::scale, "all",
      {{"counts", json::object()}, {"groups", {json::parse(piles(20, values))}}, {"removed", json::array()}});
  expect_closed_account();
  loop.run_for(10s);
  EXPECT_EQ(expect_closed_account()["devices"], 20);
  bool stopped = false;
  host->stop([&] { stopped = true; });
  ASSERT_TRUE(loop.run_until([&] { return stopped; }, 20s));
  const json all = expect_closed_account();
  EXPECT_EQ(all["queued"], 0);
  for (const auto& [type, n] : platform.received_by_type())
    EXPECT_LE(all["reports"]["charging_pile." + type]["acked"].get<std::uint64_t>(), n) << type;
}

TEST_F(Platform, AnHourOfflineIsDrainedInOrderAtItsRateAndNothingIsLost) {
  platform.server.delay = 5ms;
  start(piles(20, {{"reports.heartbeat.every", "10s"},
                   {"uplink.http.offline.max", "2000"},
                   {"uplink.http.offline.drain_rate", "4Hz"},
                   {"uplink.http.backoff.max", "5s"}}));
  loop.run_for(60s);
  platform.server.stop();
  loop.run_for(1h);
  json all = expect_closed_account();
  EXPECT_GT(all["queued"], 20 * 360);
  EXPECT_EQ(all["online"], 0);
  const std::size_t before = platform.arrivals.size();
  const TimePoint back = loop.now();
  platform.server.start();
  loop.run_for(10min);
  all = expect_closed_account();
  EXPECT_EQ(all["queued"], 0);
  EXPECT_FALSE(all["failed"].contains("evicted"));
  EXPECT_FALSE(all["not_sent"].contains("offline"));

  // Every number from 1 on, in order; but for those that were half sent when the platform went.
  const std::uint64_t lost = sum(all["failed"]);
  std::uint64_t missing = 0;
  for (const auto& [device, seqs] : platform.seqs()) {
    for (std::size_t i = 1; i < seqs.size(); ++i) {
      ASSERT_GT(seqs[i], seqs[i - 1]) << device;
      missing += seqs[i] - seqs[i - 1] - 1;
    }
    EXPECT_EQ(seqs.front(), 1U);
  }
  EXPECT_LE(missing, lost);

  // Four a second and device while they drain: 360 and the new ones take a minute and a half.
  std::map<std::string, std::vector<TimePoint>> times;
  for (std::size_t i = before; i < platform.arrivals.size(); ++i)
    times[platform.arrivals[i].device].push_back(platform.arrivals[i].at);
  EXPECT_EQ(times.size(), 20U);
  for (const auto& [device, at] : times) {
    for (std::size_t i = 0; i + 40 < at.size() && at[i] < back + 80s; ++i)
      ASSERT_GE(at[i + 40] - at[i], 9900ms) << device << " sends faster than it may";
    EXPECT_NEAR(to_seconds(at[359] - at[0]), 90, 2) << device;
  }
  // The time offline is in the latency.
  EXPECT_GT(latency("http/charging_pile.heartbeat", "ack").max(), 3'590'000'000U);
}

TEST_F(Platform, ALoginGoesBeforeTheReportsThatWaitedForTheConnection) {
  platform.body = R"({"token":"t"})";
  platform.server.stop();
  start(piles(5, {{"reports.heartbeat.every", "1h"},
                  {"reports.meter.every", "10s"},
                  {"reports.meter.idle_every", "10s"},
                  {"uplink.http.login.report", "heartbeat"},
                  {"uplink.http.login.token", "token"},
                  {"uplink.http.queue.max", "2"},
                  {"uplink.http.offline.max", "100"},
                  {"uplink.http.backoff.max", "1s"}}));
  loop.run_for(5min);
  EXPECT_GT(expect_closed_account()["queued"], 5 * 20) << "more than the queues of their links take";
  platform.server.start();
  loop.run_for(30s);
  const json all = expect_closed_account();
  EXPECT_EQ(all["queued"], 0);
  EXPECT_GE(platform.received_by_type()["heartbeat"], 5U);
  EXPECT_GT(platform.received_by_type()["meter"], 5U * 20);
}

TEST_F(Platform, ReportsThatAFullQueueRefusesTakeNoNumber) {
  start(piles(
      5, {{"reports.heartbeat.every", "1s"}, {"uplink.http.queue.max", "2"}, {"uplink.http.timeout", "1h"}}));
  loop.run_for(10s);
  platform.answer_at = [] { return kNever; };
  loop.run_for(20s);
  json all = expect_closed_account();
  EXPECT_GT(all["not_sent"]["queue_full"], 50);
  EXPECT_EQ(all["in_flight"], 5 * 3) << "one under way and two that wait";
  platform.answer_at = nullptr;
  platform.server.stop();
  platform.server.start();
  loop.run_for(30s);
  all = expect_closed_account();
  std::uint64_t numbers = 0;
  for (const auto& [device, seqs] : platform.seqs()) {
    ASSERT_TRUE(std::is_sorted(seqs.begin(), seqs.end())) << device;
    numbers += seqs.back();
  }
  EXPECT_EQ(numbers, all["sent"]) << "the numbers that were used are those of the reports that were sent";
}

TEST_F(Platform, PausesOfThePlatformShowInTheLatenciesAsTheyWere) {
  // It answers nothing in the first 2 s of every 10 s: no coordinated omission means that all reports that
  // became due in a pause have waited for its end, not only the one that was under way.
  platform.server.delay = 5ms;
  const auto paused_until = [&](TimePoint now) {
    const Duration into = (now - TimePoint{}) % Duration(10s);
    return into < 2s ? now - into + 2s : now;
  };
  platform.answer_at = [&] { return paused_until(loop.now()); };
  std::vector<std::int64_t> truth;
  platform.answered = [&](const test::HttpPlatform::Arrival& arrival) {
    if (arrival.type != "heartbeat") return;
    truth.push_back(to_us(loop.clock().wall_now()) + 5'000 - arrival.due_us);
  };
  start(piles(200, {{"reports.heartbeat.every", "1s"}, {"arrivals.per_day", "0"}}));
  loop.run_for(10min);

  const metrics::Histogram ack = latency("http/charging_pile.heartbeat", "ack");
  ASSERT_GT(ack.count(), 100'000U);
  EXPECT_NEAR(static_cast<double>(ack.count()), static_cast<double>(truth.size()), 500)
      << "but those on their way";
  std::sort(truth.begin(), truth.end());
  for (const double q : {0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto exact = static_cast<double>(
        truth[static_cast<std::size_t>(std::ceil(q * static_cast<double>(truth.size()))) - 1]);
    // The answer takes a tick of the clock more at most than its 5 ms.
    EXPECT_NEAR(static_cast<double>(ack.value_at_quantile(q)), exact, 0.005 * exact + 1'000)
        << "p" << q * 100;
  }
  // Until it was with the kernel and until it arrived: as the network carried it, 5 ms each way.
  const std::int64_t wall_us = to_us(loop.clock().wall_now()) - to_us(loop.now().time_since_epoch());
  std::vector<std::int64_t> arrived;
  platform::Arrivals table;
  for (const auto& each : platform.arrivals) {
    const std::int64_t us = wall_us + to_us(each.at.time_since_epoch()) - each.due_us;
    table.record(platform::Way::http, each.type == "heartbeat" ? 1 : 2, 1, us);
    if (each.type == "heartbeat") arrived.push_back(us);
  }
  std::sort(arrived.begin(), arrived.end());
  const metrics::Histogram send = latency("http/charging_pile.heartbeat", "send");
  const metrics::Histogram answer = latency("http/charging_pile.heartbeat", "answer");
  const auto row = std::find_if(table.rows().begin(), table.rows().end(),
                                [](const platform::Arrivals::Row& each) { return each.type == 1; });
  ASSERT_NE(row, table.rows().end());
  const metrics::Histogram& arrival = row->due;
  EXPECT_EQ(arrival.count(), arrived.size());
  EXPECT_EQ(answer.count(), ack.count());
  for (const double q : {0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto exact = static_cast<double>(
        arrived[static_cast<std::size_t>(std::ceil(q * static_cast<double>(arrived.size()))) - 1]);
    EXPECT_NEAR(static_cast<double>(arrival.value_at_quantile(q)), exact, 0.001 * exact + 1) << q;
    EXPECT_NEAR(static_cast<double>(send.value_at_quantile(q)), exact - 5'000, 0.005 * exact + 2'000) << q;
  }
  // One of a device is under way at a time. Of two that become due in a pause the second waits for the
  // first, in the generator: that is not the platform's answer, and yet it counts in full from its due time.
  EXPECT_GT(send.value_at_quantile(0.99), 800'000U);
  EXPECT_LE(answer.max(), 2'015'000U);
  EXPECT_GT(answer.value_at_quantile(0.99), 1'500'000U);
  EXPECT_LE(answer.value_at_quantile(0.5), 12'000U);
  // And the same by thought alone: a fifth of all become due in a pause and wait 1 s on average, evenly.
  EXPECT_NEAR(static_cast<double>(ack.value_at_quantile(0.5)), 10'000, 2'000);
  EXPECT_NEAR(static_cast<double>(ack.value_at_quantile(0.9)), 1'010'000, 60'000);
  EXPECT_NEAR(static_cast<double>(ack.value_at_quantile(0.99)), 1'910'000, 60'000);
  EXPECT_NEAR(static_cast<double>(ack.value_at_quantile(0.999)), 2'000'000, 30'000);
  // The generator was on time, and says so.
  const auto lateness = metrics::histogram_from_tree(figures()["lateness"]);
  ASSERT_TRUE(lateness);
  EXPECT_LT(lateness->value_at_quantile(0.999), 2'000U);
  expect_closed_account();
}

TEST_F(Platform, ARefusedReportLeavesNoHoleInTheNumbersOfTheNextLife) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("vfleet-refused-" + std::to_string(::getpid()))).string();
  std::filesystem::remove(path);
  // One report may be under way and none may wait: while the platform keeps silent all others are refused.
  const std::string group = piles(
      5, {{"reports.heartbeat.every", "1s"}, {"uplink.http.queue.max", "0"}, {"uplink.http.timeout", "1h"}});
  {
    auto file = state::StateFile::open(path, {.fleet = hash("refused"), .seed = 7, .start_us = start_us});
    ASSERT_TRUE(file);
    start(group, 1, file->get());
    loop.run_for(10s);
    platform.answer_at = [] { return kNever; };
    loop.run_for(20s);
    const json all = expect_closed_account();
    EXPECT_GT(all["not_sent"]["queue_full"], 50);
    EXPECT_EQ(all["in_flight"], 5);
    host.reset();  // killed: no goodbye
  }
  platform.answer_at = nullptr;
  auto file = state::StateFile::open(path, {.fleet = hash("refused"), .seed = 7, .start_us = start_us});
  ASSERT_TRUE(file);
  start(group, 2, file->get());
  loop.run_for(10s);
  std::map<std::uint64_t, std::uint64_t> by_boot;
  for (const auto& arrival : platform.arrivals) ++by_boot[arrival.boot];
  EXPECT_GT(by_boot[1], 5U);
  EXPECT_GT(by_boot[2], 5U);
  for (const auto& [device, seqs] : platform.seqs()) {
    for (std::size_t i = 0; i < seqs.size(); ++i) ASSERT_EQ(seqs[i], i + 1) << device;
  }
  host.reset();
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace vfleet
