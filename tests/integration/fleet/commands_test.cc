// Ten thousand commands from one operator who does not wait.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/integration/fleet/operator_client.h"
#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

constexpr std::uint64_t kCommands = 10'000;
constexpr std::uint64_t kTriggerEach = 20;
constexpr std::uint64_t kTriggers = kCommands / kTriggerEach;
constexpr std::uint64_t kUnanswered = 500;  // as many wait at a time
constexpr std::uint64_t kNetworked = 4;
constexpr std::uint64_t kDevices = 44;

TEST(TenThousandCommands, AreAppliedByAllWorkersInOrderEachOnce) {
  platform::PlatformProcess platform;
  const std::string port = std::to_string(platform.port());
  RunningFleet fleet("fleet: many\ngroups:\n" +
                         group("net", "charging_pile", kNetworked,
                               "{http: {url: 'http://127.0.0.1:" + port + "/ingest', queue: {max: 10000}}}",
                               "    config: {reports: {meter: {every: 0s, idle_every: 0s}}}\n") +
                         group("pile", "charging_pile", kDevices - kNetworked, "'null'"),
                     4);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(kDevices));

  OperatorClient client(fleet.socket("operator.sock"));
  std::uint64_t answered = 0;
  std::uint64_t seq = 0;
  const auto take = [&] {
    const auto result = client.result();
    if (!result) return false;
    const bool trigger = (answered + 1) % kTriggerEach == 0;
    const std::uint64_t matched = trigger ? kNetworked : kDevices - kNetworked;
    EXPECT_EQ(result->value("id", ""), "cmd-" + std::to_string(answered + 1)) << "answers come in order";
    EXPECT_EQ(count(*result, "/seq"), ++seq) << result->dump();
    EXPECT_EQ(count(*result, "/matched"), matched) << result->dump();
    EXPECT_EQ(count(*result, "/applied"), matched) << result->dump();
    EXPECT_EQ(count(*result, "/answered"), 4U) << result->dump();
    ++answered;
    return !::testing::Test::HasFailure();
  };
  for (std::uint64_t i = 1; i <= kCommands; ++i) {
    const std::string id = "cmd-" + std::to_string(i);
    if (i % kTriggerEach == 0) {
      client.send(id, "trigger", {{"selector", "net-*"}, {"report", "meter"}, {"fields", {{"power_w", i}}}});
    } else {
      client.send(id, "set",
                  {{"selector", "pile-*"}, {"patch", {{"connector_power", std::to_string(i) + "W"}}}});
    }
    if (i - answered >= kUnanswered) {
      ASSERT_TRUE(take());
    }
  }
  while (answered < kCommands) ASSERT_TRUE(take());

  // Repeating one does it no second time.
  client.send("cmd-10000", "trigger",
              {{"selector", "net-*"}, {"report", "meter"}, {"fields", {{"power_w", 10'000}}}});
  const auto again = client.result();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(count(*again, "/seq"), kCommands);

  const auto values = fleet.values("pile-*", "connector_power");
  EXPECT_EQ(values.size(), kDevices - kNetworked);
  for (const auto& [id, value] : values)
    EXPECT_TRUE(value == "9.999kW" || value == "9999W") << id << " " << value;
  EXPECT_TRUE(eventually([&] { return count(fleet.status(), "/figures/commands_applied") == 4 * kCommands; }))
      << fleet.status()["figures"]["commands_applied"];
  for (const json& shard : at(fleet.status(), "/shards")) EXPECT_EQ(count(shard, "/applied_seq"), kCommands);

  EXPECT_TRUE(platform.figures_become([](const json& now) {
    return count(now, "/by_type/meter") == kTriggers * kNetworked;
  })) << platform.figures().dump();
  const json figures = platform.figures();
  EXPECT_EQ(at(figures, "/missing"), 0);
  EXPECT_EQ(at(figures, "/duplicates"), 0);
  EXPECT_EQ(at(figures, "/reordered"), 0);
  // What the platform remembers of one device rises by one trigger each, up to the last.
  std::vector<std::uint64_t> numbers;
  for (const json& report : at(platform.call("GET", "/devices/net-00001"), "/reports")) {
    if (report.value("type", "") != "meter") continue;
    numbers.push_back(count(json::parse(report.value("text", ""), nullptr, false), "/data/power_w"));
  }
  ASSERT_GE(numbers.size(), 2U);
  if (numbers.front() > numbers.back()) std::reverse(numbers.begin(), numbers.end());
  EXPECT_EQ(numbers.back(), kCommands);
  for (std::size_t i = 1; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], numbers[i - 1] + kTriggerEach);
}

}  // namespace
}  // namespace vfleet::fleet_test
