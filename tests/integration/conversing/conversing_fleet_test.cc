// Piles of OCPP 1.6J and of YKC against the stand-in: they charge, obey limits, their bills add up,
// and no report is lost.
#include <gtest/gtest.h>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

// An hour of the piles takes a minute. To some of each dialect vehicles come by themselves, every few
// minutes; at the others only what a test does happens.
std::string fleet_at(const PlatformProcess& platform) {
  const auto config = [](const std::string& dialect, const std::string& more) {
    return "    config: {dialect: " + dialect + ", connectors: 2" + more + "}\n";
  };
  const std::string busy =
      ", arrivals: {per_day: 600, hour_weights: [], swipe_after: 5s, unplug_share: 0.7, unplug_after: 3min}";
  const std::string ocpp = "{ocpp: {url: \"ws://" + platform.listening("ocpp") + "/ocpp\"}}";
  const std::string ykc = "{ykc: {url: \"tcp://" + platform.listening("ykc") + "\"}}";
  return "fleet: talk\ntime_scale: 60\ngroups:\n" +
         group("cp", "charging_pile", 3, ocpp, config("ocpp16", "")) +
         group("busy", "charging_pile", 3, ocpp,
               config("ocpp16", busy + ", reports: {meter: {every: 1s}}, ocpp: {meter_values_sampled_data: "
                                       "\"Energy.Active.Import.Register,Power.Active.Import\"}")) +
         group("pile", "charging_pile", 3, ykc, config("ykc", "")) +
         group("high", "charging_pile", 3, ykc,
               config("ykc", busy + ", ykc: {crc_order: high, pile_number: \"32010700{:06}\"}"));
}

std::vector<std::string> options(const std::string& settings) {
  return {"--ocpp", "127.0.0.1:0", "--ykc", "127.0.0.1:0", "--settings", settings};
}

// Of the fleet's reports by type, those of this device type.
std::map<std::string, std::uint64_t> sent_by_type(const json& figures) {
  std::map<std::string, std::uint64_t> out;
  const std::string before = "charging_pile.";
  const json reports = at(figures, "/reports");
  for (const auto& [name, row] : reports.items()) {
    if (name.starts_with(before) && count(row, "/sent") != 0)
      out[name.substr(before.size())] = count(row, "/sent");
  }
  return out;
}

TEST(ConversingFleet, ChargesAndEveryBillAddsUp) {
  PlatformProcess platform(options(
      R"({"ocpp":{"sessions_per_s":2,"session_s":3,"limit":3000},"ykc":{"sessions_per_s":2,"session_s":3}})"));
  RunningFleet fleet(fleet_at(platform), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(12));
  // Whoever has a vehicle waits until the platform starts it, and ends it.
  for (const char* idle : {"group=cp", "group=pile"})
    expect_counts(fleet.vfleet({"do", idle, "plug", "connector=1", "soc=10%"}), 0, 3, 3);
  EXPECT_TRUE(platform.figures_become([](const json& now) {
    return count(now, "/ocpp/transactions_checked") >= 5 && count(now, "/ocpp/limits_checked") >= 1 &&
           count(now, "/ocpp/sessions_stopped") >= 1 && count(now, "/ykc/bills_checked") >= 5 &&
           count(now, "/ykc/sessions_stopped") >= 1;
  })) << platform.figures().dump();
  const json complaints = platform.call("GET", "/complaints")["complaints"];
  EXPECT_EQ(complaints, json::array());
  const Answer stopped = fleet.vfleet({"stop"});
  ASSERT_EQ(stopped.status, 0) << stopped.out << stopped.err;
  const json figures = at(stopped.json, "/figures");
  const auto sent = sent_by_type(figures);
  EXPECT_GT(sent.count("StopTransaction") + sent.count("ykc_bill"), 1U) << figures.dump();
  EXPECT_TRUE(platform.figures_become([&](const json& now) {
    return at(now, "/by_type").get<std::map<std::string, std::uint64_t>>() == sent;
  })) << json(sent).dump()
      << platform.figures()["by_type"].dump();
  EXPECT_EQ(count(platform.figures(), "/ocpp/connected"), 0U);
  EXPECT_EQ(count(platform.figures(), "/malformed"), 0U);
}

TEST(ConversingFleet, ObeysTheOperatorsOfThePlatform) {
  PlatformProcess platform(options("{}"));
  RunningFleet fleet(fleet_at(platform), 1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(12));
  const auto answer = [&](const std::string& device, const std::string& command) {
    const json queued = platform.call("POST", "/devices/" + device + "/commands", command);
    json found;
    EXPECT_TRUE(platform.figures_become([&](const json&) {
      found = platform.call("GET", "/commands/" + queued["id"].get<std::string>());
      return found["state"] == "answered";
    })) << found.dump();
    return found["answer"];
  };
  const json keys =
      answer("cp-00001", R"({"type":"GetConfiguration","data":{"key":["NumberOfConnectors"]}})");
  EXPECT_EQ(keys["configurationKey"][0]["value"], "2") << keys.dump();
  EXPECT_EQ(
      answer("cp-00001",
             R"({"type":"ChangeConfiguration","data":{"key":"HeartbeatInterval","value":"77"}})")["status"],
      "Accepted");
  EXPECT_EQ(fleet.values("cp-00001", "reports.heartbeat.every")["cp-00001"], "77s");
  const json data = answer("32010600000001", R"({"type":"realtime_request","data":{"gun":2}})");
  EXPECT_EQ(data["gun"], 2) << data.dump();
  EXPECT_EQ(answer("32010700000002", R"({"type":"set_clock"})")["pile"], "32010700000002");
  EXPECT_EQ(platform.call("GET", "/complaints")["complaints"], json::array());
}

}  // namespace
}  // namespace vfleet::fleet_test
