// A whole fleet over the real mosquitto: what its devices say is heard by a client that is not ours, and what
// that one says reaches their models.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/uplink/mosquitto.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

std::string over_mqtt(const test::Mosquitto& server, const std::string& more = {}) {
  const std::string uplink =
      "{mqtt: {url: 'mqtt://" + server.address() +
      "', topic: 'fleet/{device.id}/{report.type}', subscribe: ['fleet/{device.id}/down'], "
      "backoff: {first: 100ms, max: 500ms}" +
      more + "}}";
  return "fleet: mqtt\ngroups:\n" + group("pile", "charging_pile", 20, uplink);
}

/// The envelopes of one report of one device.
std::vector<json> reports(const test::Mosquitto& server, const std::string& device, const std::string& type) {
  std::vector<json> out;
  for (const json& each : server.heard("platform")) {
    if (each["topic"] == "fleet/" + device + "/" + type)
      out.push_back(json::parse(each["payload"].get<std::string>()));
  }
  return out;
}

TEST(mosquitto_fleet, CommandsOfAPlatformReachTheModelAndAreAnswered) {
  test::Mosquitto server;
  server.launch();
  server.listen("platform", "3", "fleet/+/+");
  RunningFleet fleet(over_mqtt(server), 1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(20));
  ASSERT_TRUE(eventually([&] { return !reports(server, "pile-00007", "status").empty(); }));
  ASSERT_TRUE(server.publish("fleet/pile-00007/down",
                             R"({"commands":[{"id":"p-1","type":"unlock","data":{"connector":1}}]})", "1"));
  ASSERT_TRUE(server.publish("fleet/pile-00007/down", R"({"id":"p-2","type":"no_such_thing"})", "2"));
  for (const char* id : {"p-1", "p-2"}) {
    EXPECT_TRUE(eventually([&] {
      const auto answers = reports(server, "pile-00007", "answer");
      return std::any_of(answers.begin(), answers.end(), [&](const json& each) { return each["id"] == id; });
    })) << id;
  }
  EXPECT_TRUE(reports(server, "pile-00008", "answer").empty()) << "a command is for one";
}

TEST(mosquitto_fleet, EveryReportArrivesThoughTheServerRestarts) {
  test::Mosquitto server;
  server.launch();
  server.listen("platform", "3", "fleet/+/heartbeat");
  RunningFleet fleet(over_mqtt(server, ", qos: 1, clean: false"), 1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(20));
  for (int round = 0; round < 3; ++round) {
    expect_counts(fleet.vfleet({"trigger", "pile-*", "heartbeat", "--wait", "acked"}), 0, 20, 20);
    server.stop(SIGTERM);
    ASSERT_TRUE(fleet.come_online(0));
    server.launch();
    ASSERT_TRUE(fleet.come_online(20));
  }
  EXPECT_TRUE(eventually([&] {
    for (int i = 1; i <= 20; ++i) {
      const std::string id = "pile-000" + std::string(i < 10 ? "0" : "") + std::to_string(i);
      if (reports(server, id, "heartbeat").size() < 3) return false;
    }
    return true;
  }));
}

TEST(mosquitto_fleet, ReportsThatComeBackTellWhenTheyHadArrived) {
  test::Mosquitto server;
  server.launch();
  // Each device listens to what it says itself. Its own way to say it leaves type and due time to find.
  RunningFleet fleet(
      over_mqtt(server,
                ", qos: 1, echo: {topic: 'fleet/{device.id}/heartbeat', due: at.due, type: kind}, "
                "payloads: {heartbeat: '{\"kind\":\"{report.type}\",\"at\":{\"due\":{due_us}}}'}"),
      1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(20));
  for (int round = 0; round < 3; ++round)
    expect_counts(fleet.vfleet({"trigger", "pile-*", "heartbeat", "--wait", "acked"}), 0, 20, 20);
  const auto row = [&]() -> json {
    const json results = fleet.vfleet({"results"}).json;
    if (!results.is_object()) return nullptr;
    for (const json& each : results.value("latencies", json::array())) {
      if (each["report"] == "heartbeat") return each;
    }
    return nullptr;
  };
  ASSERT_TRUE(eventually([&] {
    const json heartbeat = row();
    return heartbeat.is_object() && heartbeat["arrival"].is_object() && heartbeat["arrival"]["count"] >= 60;
  })) << row();
  const json heartbeat = row();
  EXPECT_EQ(heartbeat["uplink"], "mqtt");
  EXPECT_EQ(heartbeat["type"], "charging_pile");
  EXPECT_GE(heartbeat["ack"]["count"], 60);
  EXPECT_GE(heartbeat["answer"]["count"], 60);
  EXPECT_LE(heartbeat["arrival"]["count"], heartbeat["send"]["count"]) << "each came back once";
  EXPECT_LE(heartbeat["answer"]["p50"], heartbeat["ack"]["p50"]);
  EXPECT_GT(heartbeat["arrival"]["p50"], 0);
  EXPECT_LT(heartbeat["arrival"]["p50"], 20'000'000);
}

}  // namespace
}  // namespace vfleet::fleet_test
