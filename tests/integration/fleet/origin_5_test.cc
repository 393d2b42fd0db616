// Main process and workers: no big data moved for nothing, a protocol that stands errors, no deadlock, and
// order and completeness that can be shown.
#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/fleet/operator_client.h"
#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

std::string networked_fleet(std::uint16_t port) {
  const std::string base = "http://127.0.0.1:" + std::to_string(port);
  return "fleet: workers\nplatform: {figures: '" + base + "/figures'}\ngroups:\n" +
         group("pile", "charging_pile", 100, "{http: {url: '" + base + "/ingest'}}",
               "    config: {reports: {heartbeat: {every: 200ms}}}\n");
}

void expect_complete(const RunningFleet& fleet, const PlatformProcess& platform) {
  const Answer stopped = fleet.vfleet({"stop"});
  EXPECT_EQ(stopped.status, 0) << stopped.out << stopped.err;
  const json figures = platform.figures();
  EXPECT_GT(count(figures, "/received"), 0U);
  EXPECT_EQ(count(figures, "/received"), count(stopped.json, "/figures/sent")) << stopped.out;
  EXPECT_EQ(at(figures, "/missing"), 0);
  EXPECT_EQ(at(figures, "/duplicates"), 0);
  EXPECT_EQ(at(figures, "/reordered"), 0);
}

TEST(origin_5_main_process_and_workers, OrderAndCompletenessAreShownWhileCommandsFlow) {
  PlatformProcess platform;
  RunningFleet fleet(networked_fleet(platform.port()), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  for (int i = 0; i < 10; ++i) {
    expect_counts(fleet.vfleet({"set", "all", "reports.heartbeat.every=" + std::to_string(100 + i) + "ms"}),
                  0, 100, 100);
    expect_counts(fleet.vfleet({"trigger", "all", "meter"}), 0, 100, 100);
    expect_counts(fleet.vfleet({"disconnect", "pile-00001..00010"}), 0, 10, 10);
    expect_counts(fleet.vfleet({"connect", "pile-00001..00010"}), 0, 10, 10);
  }
  ASSERT_TRUE(fleet.come_online(100));
  expect_complete(fleet, platform);
}

TEST(origin_5_main_process_and_workers, GarbageOnEverySocketDisturbsNobody) {
  PlatformProcess platform;
  RunningFleet fleet(networked_fleet(platform.port()), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));

  const std::string noise("\x00\xff\xfe{\"v\":1,\"verb\":\x01", 16);
  OperatorClient client(fleet.socket("operator.sock"));
  for (const std::string& text :
       {std::string(), noise, std::string("{}"), std::string("[]"), std::string("null"),
        std::string(100'000, '['), std::string(R"({"v":1,"id":7,"verb":"set"})"),
        std::string(R"({"v":99,"id":"a","verb":"ls","args":{}})")}) {
    client.send_raw({text});
    client.send_raw({"", text});
    client.send_raw({text, text, text});
  }
  OperatorClient impostor(fleet.socket("workers.sock"));
  for (const std::string letter : {"J", "G", "T", "R", "A", "S", "Q", "L", "E", "", "?", "JJJ"}) {
    for (const std::string& body : {std::string(), noise, std::string("{}"), std::string(R"({"shard":0})"),
                                    std::string(R"({"shard":4294967295,"pid":-1,"attempt":1,"boot":0})")}) {
      impostor.send_raw({letter, body});
    }
    impostor.send_raw({letter});
  }
  for (const std::string& bytes :
       {noise, std::string("GET\r\n\r\n"), std::string(70'000, 'x'),
        std::string("POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{bad}")}) {
    platform::RawClient raw(platform.port());
    raw.send(bytes);
  }
  client.send("after", "status", json::object());
  bool answered = false;
  while (const auto result = client.result(seconds(10))) {
    if (result->value("id", "") != "after") continue;
    answered = true;
    break;
  }
  EXPECT_TRUE(answered);
  expect_counts(fleet.vfleet({"set", "all", "rated_power=60kW"}), 0, 100, 100);
  expect_counts(fleet.vfleet({"trigger", "all", "meter", "--wait", "acked"}), 0, 100, 100);
  const json status = fleet.status();
  EXPECT_EQ(count(status, "/figures/online"), 100U);
  for (const json& shard : at(status, "/shards")) {
    EXPECT_EQ(shard.value("state", ""), "live");
    EXPECT_EQ(count(shard, "/boot"), 1U);
  }
  expect_complete(fleet, platform);
}

TEST(origin_5_main_process_and_workers, NoBigDataIsMovedForOneRow) {
  RunningFleet fleet("fleet: rows\ngroups:\n" + group("pile", "charging_pile", 1000, "'null'"), 4);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(1000));
  const Answer one = fleet.vfleet({"ls", "limit(1)"});
  EXPECT_EQ(at(one.json, "/rows").size(), 1U);
  EXPECT_EQ(at(one.json, "/rows/0/id"), "pile-00001");
  EXPECT_LT(one.out.size(), 4096U);
}

TEST(origin_5_main_process_and_workers, TwoOperatorsAtOnceDoNotWaitForEachOther) {
  RunningFleet fleet("fleet: two\ngroups:\n" + group("pile", "charging_pile", 100, "'null'"), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  constexpr int kEach = 300;
  const auto operate = [&](const std::string& name, int& done) {
    OperatorClient client(fleet.socket("operator.sock"));
    for (int i = 0; i < kEach; ++i) {
      const std::string id = name + std::to_string(i);
      if (i % 3 == 2) {
        client.send(id, "ls", {{"selector", "limit(1)"}});
      } else {
        client.send(id, "set",
                    {{"selector", "all"}, {"patch", {{"connector_power", std::to_string(i) + "W"}}}});
      }
    }
    while (done < kEach) {
      const auto result = client.result(seconds(20));
      if (!result || result->value("status", -1) != 0) break;
      ++done;
    }
  };
  int first = 0;
  int second = 0;
  std::thread other([&] { operate("b", second); });
  operate("a", first);
  other.join();
  EXPECT_EQ(first, kEach);
  EXPECT_EQ(second, kEach);
  EXPECT_EQ(count(fleet.status(), "/seq"), 2U * kEach * 2 / 3);
}

}  // namespace
}  // namespace vfleet::fleet_test
