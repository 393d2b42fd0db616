// Payload templates and reports that wait for their device to come online.
#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class DeliveryTest : public FleetFixture {
 protected:
  json group(std::uint32_t count, const json& delivery) {
    json out = group_json(count);
    for (const auto& [path, value] : delivery.items()) out["values"]["uplink.null." + path] = value;
    return out;
  }
  std::uint64_t bytes() { return figures()["uplinks"].value("bytes_sent_total", 0U); }
  void expect_closed() {
    const json all = figures();
    const auto failed = [](const json& by_reason) {
      std::uint64_t sum = 0;
      for (const auto& [reason, n] : by_reason.items()) sum += n.get<std::uint64_t>();
      return sum;
    };
    EXPECT_EQ(all["sent"].get<std::uint64_t>(), all["acked"].get<std::uint64_t>() + failed(all["failed"]) +
                                                    all["in_flight"].get<std::uint64_t>());
    EXPECT_LE(all["queued"], all["in_flight"]);
    std::uint64_t in_flight = 0;
    for (const auto& [name, of_type] : all["reports"].items()) {
      in_flight += of_type["sent"].get<std::uint64_t>() - of_type["acked"].get<std::uint64_t>() -
                   of_type["failed"].get<std::uint64_t>();
    }
    EXPECT_EQ(in_flight, all["in_flight"]);
  }
  void set(const json& patch) {
    json paths = json::object();
    for (const auto& [path, value] : patch.items()) paths["uplink.null." + path] = value;
    const auto result = run(bus::Verb::set, "all", {{"patch", paths}});
    EXPECT_EQ(result.failed + result.rejected, 0U);
  }
};

TEST_F(DeliveryTest, APayloadTemplateIsWhatTheUplinkGets) {
  join({group(10, {{"payload", "{device.id}"}, {"payloads.poked", "{seq} "}})});
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), 100U);
  EXPECT_EQ(bytes(), 100U * std::string_view("probe-00001").size());
  const std::uint64_t before = bytes();
  EXPECT_EQ(run(bus::Verb::action, "probe-00001", {{"action", "poke"}}).applied, 1U);
  EXPECT_EQ(bytes(), before + 3) << "11 and a space";
}

TEST_F(DeliveryTest, APayloadIsChangedLiveAndLeavesTheConnectionAlone) {
  join({group(10, json::object())});
  loop.run_for(100s);
  const json before = figures()["uplinks"];
  EXPECT_GT(before["bytes_sent_total"], 100 * 50);
  set({{"payload", "x"}});
  loop.run_for(100s);
  const json after = figures()["uplinks"];
  EXPECT_EQ(after["bytes_sent_total"], before["bytes_sent_total"].get<std::uint64_t>() + 100);
  EXPECT_EQ(after["connects_total"], before["connects_total"]);
}

TEST_F(DeliveryTest, WhatAnOperatorSendsRawIsLeftAsItIs) {
  join({group(1, {{"payload", "{device.id}"}})});
  const auto result = run(bus::Verb::trigger, "all", {{"report", "poked"}, {"payload", "cmF3IQ=="}});
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(bytes(), 4U);
}

TEST_F(DeliveryTest, MistakesNameTheKeyAndWhatWasMeant) {
  join({group_json(1)});
  const auto refused = [&](const json& patch) {
    json paths = json::object();
    for (const auto& [path, value] : patch.items()) paths["uplink.null." + path] = value;
    const auto result = run(bus::Verb::set, "all", {{"patch", paths}});
    EXPECT_EQ(result.applied, 0U) << patch;
    return result.reasons.empty() ? std::string() : result.reasons.front().text;
  };
  EXPECT_NE(refused({{"payload", "{device.di}"}}).find("payload: unknown {device.di} (did you mean"),
            std::string::npos);
  EXPECT_NE(refused({{"payloads.beet", "x"}}).find("no report 'beet' (did you mean 'beat'?)"),
            std::string::npos);
  EXPECT_NE(refused({{"offline.keep", "[poket]"}}).find("offline.keep: probe has no report 'poket'"),
            std::string::npos);
  EXPECT_NE(refused({{"payload", R"({"a":})"}}).find("begins like JSON"), std::string::npos);
}

TEST_F(DeliveryTest, ADrainRateOfNextToNothingIsNoHurry) {
  join({group(1, {{"offline.max", "1000"}, {"offline.drain_rate", "0.00000000000000001Hz"}})});
  run(bus::Verb::disconnect, "all");
  loop.run_for(100s);
  EXPECT_EQ(figures()["queued"], 10);
  run(bus::Verb::connect, "all");
  loop.run_for(100s);
  EXPECT_EQ(figures()["queued"], 19) << "one has gone, and what came since waits behind the others";
  expect_closed();
}

TEST_F(DeliveryTest, WithoutAQueueReportsOfOfflineDevicesAreNotSent) {
  join({group(10, json::object())});
  run(bus::Verb::disconnect, "all");
  loop.run_for(100s);
  EXPECT_EQ(figures()["not_sent"]["offline"], 100);
  EXPECT_EQ(figures()["queued"], 0);
}

TEST_F(DeliveryTest, ReportsWaitWhileTheirDeviceIsOfflineAndGoWhenItIsBack) {
  join({group(10, {{"offline.max", "1000"}})});
  run(bus::Verb::disconnect, "all");
  loop.run_for(100s);
  json all = figures();
  EXPECT_EQ(all["queued"], 100);
  EXPECT_EQ(all["in_flight"], 100);
  EXPECT_EQ(all["sent"], 100);
  EXPECT_EQ(all["not_sent"], json::object());
  expect_closed();
  run(bus::Verb::connect, "all");
  loop.run_for(100s);
  all = figures();
  EXPECT_EQ(all["queued"], 0);
  EXPECT_EQ(all["acked"], 200);
  expect_closed();
}

TEST_F(DeliveryTest, WhatIsTooMuchGivesWayAndCountsAsEvicted) {
  for (const char* policy : {"drop_oldest", "drop_newest"}) {
    host = std::make_unique<FleetHost>(loop, types, uplink::UplinkEnvironment{.loop = loop});
    join({group(2, {{"offline.max", "5"}, {"offline.policy", policy}})});
    run(bus::Verb::disconnect, "all");
    loop.run_for(100s);
    EXPECT_EQ(figures()["queued"], 10) << policy;
    EXPECT_EQ(figures()["failed"]["evicted"], 10) << policy;
    expect_closed();
  }
}

TEST_F(DeliveryTest, KeptReportsGoAtTheirRateAndNewOnesBehindThem) {
  join({group(1, {{"offline.max", "1000"}, {"offline.drain_rate", "2Hz"}})});
  run(bus::Verb::disconnect, "all");
  loop.run_for(1000s);  // 100 reports
  run(bus::Verb::connect, "all");
  loop.run_for(9900ms);
  EXPECT_NEAR(figures()["acked"].get<double>(), 20, 1);
  loop.run_for(10s);
  EXPECT_NEAR(figures()["acked"].get<double>(), 40, 1);
  EXPECT_NEAR(figures()["queued"].get<double>(), 100 - 40 + 2, 1) << "two more became due";
  set({{"offline.drain_rate", "100Hz"}});
  loop.run_for(2s);
  EXPECT_EQ(figures()["queued"], 0);
  expect_closed();
}

TEST_F(DeliveryTest, AConnectionThatComesAndGoesDoesNotMakeTheDrainFaster) {
  join({group(1, {{"offline.max", "1000"}, {"offline.drain_rate", "1Hz"}})});
  run(bus::Verb::disconnect, "all");
  loop.run_for(1000s);
  for (int i = 0; i < 50; ++i) {
    run(bus::Verb::connect, "all");
    loop.run_for(100ms);
    run(bus::Verb::disconnect, "all");
    loop.run_for(100ms);
  }
  EXPECT_LE(figures()["acked"], 11);
  EXPECT_GE(figures()["acked"], 5);
}

TEST_F(DeliveryTest, AQueueIsChangedLive) {
  join({group(1, json::object())});
  run(bus::Verb::disconnect, "all");
  set({{"offline.max", "100"}});
  loop.run_for(500s);
  EXPECT_EQ(figures()["queued"], 50);
  set({{"offline.max", "20"}});
  EXPECT_EQ(figures()["queued"], 20);
  EXPECT_EQ(figures()["failed"]["evicted"], 30);
  set({{"offline.max", "0"}});
  EXPECT_EQ(figures()["queued"], 0);
  expect_closed();
  loop.run_for(100s);
  EXPECT_EQ(figures()["not_sent"]["offline"], 10);
}

TEST_F(DeliveryTest, DirectReportsDoNotWait) {
  join({group(1, {{"offline.max", "100"}, {"offline.direct", "[poked]"}, {"offline.drain_rate", "0.1Hz"}})});
  run(bus::Verb::disconnect, "all");
  loop.run_for(100s);
  run(bus::Verb::action, "all", {{"action", "poke"}});
  EXPECT_EQ(figures()["not_sent"]["offline"], 1);
  run(bus::Verb::connect, "all");
  run(bus::Verb::action, "all", {{"action", "poke"}});
  EXPECT_EQ(figures()["reports"]["probe.poked"]["acked"], 1);
  EXPECT_GE(figures()["queued"], 9);
}

TEST_F(DeliveryTest, TheAccountStaysClosedWhenDevicesLeaveRebootOrStop) {
  join({group(20, {{"offline.max", "100"}, {"offline.drain_rate", "0.5Hz"}})});
  run(bus::Verb::disconnect, "all");
  loop.run_for(100s);
  EXPECT_EQ(figures()["queued"], 200);
  // Offline devices that leave take what waits with them; those that are online hand it over first.
  run(bus::Verb::connect, "probe-00001..00010");
  loop.run_for(1s);
  run(bus::Verb::scale, "all",
      {{"counts", json::object()}, {"groups", {group(5, json::object())}}, {"removed", json::array()}});
  loop.run_for(5s);
  expect_closed();
  EXPECT_EQ(figures()["devices"], 5);
  EXPECT_EQ(figures()["queued"], 0) << "the group has no queue any more";
  set({{"offline.max", "100"}});
  run(bus::Verb::reboot, "all", {{"down", "30s"}});
  loop.run_for(60s);
  run(bus::Verb::disconnect, "all");
  loop.run_for(60s);
  expect_closed();
  EXPECT_GT(figures()["queued"], 0);
  bool stopped = false;
  host->stop([&] { stopped = true; });
  EXPECT_TRUE(loop.run_until([&] { return stopped; }, 5s));
  EXPECT_EQ(figures()["queued"], 0);
  EXPECT_EQ(figures()["in_flight"], 0);
  expect_closed();
}

// --- the queue alone

WaitingReport waiting(std::uint32_t seq, std::uint8_t report = 0) {
  return {.ticket = {.seq = seq, .report = report}, .name = {}, .message = {}};
}

std::unique_ptr<const Delivery> delivery(const std::string& policy) {
  const auto probe = test::make_probe();
  const auto text = [](std::string value) { return config::Value{std::move(value)}; };
  auto made =
      Delivery::make(probe->description(), {{"offline.max", config::Value{std::int64_t{3}}},
                                            {"offline.policy", text(policy)},
                                            {"offline.keep", config::Value{config::List{text("poked")}}}});
  EXPECT_TRUE(made);
  return std::move(*made);
}

std::string drained(OfflineQueue& queue) {
  std::string out;
  while (!queue.empty()) out += std::to_string(queue.pop().ticket.seq) + " ";
  return out;
}

TEST(OfflineQueue, GoesInTheOrderInWhichReportsCame) {
  const auto allows = delivery("drop_oldest");
  OfflineQueue queue([] {});
  for (std::uint32_t seq = 1; seq <= 3; ++seq) EXPECT_FALSE(queue.push(waiting(seq), *allows));
  queue.put_back(queue.pop());
  EXPECT_EQ(drained(queue), "1 2 3 ");
}

TEST(OfflineQueue, DropsTheOldestOrTheNewest) {
  OfflineQueue queue([] {});
  const auto oldest = delivery("drop_oldest");
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)queue.push(waiting(seq), *oldest);
  EXPECT_EQ(queue.push(waiting(4), *oldest)->ticket.seq, 1U);
  EXPECT_EQ(queue.push(waiting(5), *delivery("drop_newest"))->ticket.seq, 5U);
  EXPECT_EQ(drained(queue), "2 3 4 ");
}

TEST(OfflineQueue, KeepsWhatMattersLongest) {
  constexpr std::uint8_t kPoked = 2;
  const auto keeps = delivery("keep_by_type");
  OfflineQueue queue([] {});
  (void)queue.push(waiting(1, kPoked), *keeps);
  (void)queue.push(waiting(2), *keeps);
  (void)queue.push(waiting(3), *keeps);
  EXPECT_EQ(queue.push(waiting(4), *keeps)->ticket.seq, 2U);
  EXPECT_EQ(queue.push(waiting(5, kPoked), *keeps)->ticket.seq, 3U);
  EXPECT_EQ(queue.push(waiting(6, kPoked), *keeps)->ticket.seq, 4U);
  // Nothing but what is kept: what is not gives way itself, and among its like the oldest does.
  EXPECT_EQ(queue.push(waiting(7), *keeps)->ticket.seq, 7U);
  EXPECT_EQ(queue.push(waiting(8, kPoked), *keeps)->ticket.seq, 1U);
  EXPECT_EQ(queue.trim(2, keeps.get())->ticket.seq, 5U);
  EXPECT_FALSE(queue.trim(2, keeps.get()));
  EXPECT_EQ(drained(queue), "6 8 ");
}

}  // namespace
}  // namespace vfleet::fleet
