// Control on one host, workers on others, over tcp:// with keys: delay, loss, a cut cable, a control that
// ends meanwhile. Rows "frozen subscriber", "no recovery after cable pull" of the control channel's failure
// modes.
#include <gtest/gtest.h>

#include "tests/integration/hosts/hosts.h"
#include "tests/integration/security/remote_fleet.h"

namespace vfleet::hosts_test {
namespace {

using fleet_test::count;
using fleet_test::eventually;
using fleet_test::expect_counts;
using nlohmann::json;
using security_test::Answer;
using security_test::RemoteFleet;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kControl = 1;
constexpr int kFirst = 2;   // the host of shard 0
constexpr int kSecond = 3;  // the host of shard 1
constexpr int kPort = 7700;
constexpr std::uint64_t kDevices = 40;

constexpr const char* kStatusReports = "/figures/reports/charging_pile.status/sent";

const std::string kFleet =
    "fleet: hosts\ngroups:\n" + fleet_test::group("pile", "charging_pile", kDevices, "'null'");

class SeveralHosts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = Hosts::unavailable(); !missing.empty())
      GTEST_SKIP() << "several hosts need network namespaces (root) and /dev/net/tun: " << missing;
    hosts = std::make_unique<Hosts>(3);
    hosts->on(kControl,
              [this] { fleet = std::make_unique<RemoteFleet>(kFleet, 2, Hosts::address(kControl), kPort); });
    hosts->on(kFirst, [this] { fleet->start_worker(0, "host", "worker-0.log"); });
    hosts->on(kSecond, [this] { fleet->start_worker(1, "host", "worker-1.log"); });
    ASSERT_TRUE(fleet->local().come_online(kDevices, seconds(30)))
        << fleet->log("worker-0.log") << fleet->local().control_log();
  }

  /// An operator on the first worker's host.
  Answer from_first(const std::vector<std::string>& words) {
    Answer answer;
    hosts->on(kFirst, [&] { answer = fleet->as("op", words); });
    return answer;
  }
  std::string state(std::uint32_t shard) {
    const json found = fleet_test::at(fleet->local().status(), "/shards/" + std::to_string(shard) + "/state");
    return found.is_string() ? found.get<std::string>() : std::string();
  }
  bool everywhere(const std::string& power) {
    return eventually([&] {
      const auto values = fleet->local().values("all", "rated_power");
      std::size_t right = 0;
      for (const auto& [id, value] : values) right += value == power ? 1U : 0U;
      return right == kDevices;
    });
  }

  std::unique_ptr<Hosts> hosts;
  std::unique_ptr<RemoteFleet> fleet;
};

TEST_F(SeveralHosts, CommandsReachAllOfThemOverASlowAndLossyNetwork) {
  for (const int host : {kFirst, kSecond}) {
    hosts->set_delay(host, milliseconds(40));
    hosts->set_loss(host, 20);
  }
  for (int i = 0; i < 5; ++i) {
    const std::string power = std::to_string(50 + i) + "kW";
    expect_counts(from_first({"set", "all", "rated_power=" + power, "--timeout", "20s"}), 0, kDevices,
                  kDevices);
    expect_counts(from_first({"trigger", "pile-*", "meter"}), 0, kDevices, kDevices);
    EXPECT_TRUE(everywhere(power));
  }
  EXPECT_GT(hosts->lost(), 0U) << "of " << hosts->carried();
  EXPECT_EQ(count(fleet->local().status(), "/shards/0/boot"), 1U);
  EXPECT_EQ(count(fleet->local().status(), "/shards/1/boot"), 1U);
}

TEST_F(SeveralHosts, ACutCableCostsTheOthersNothingAndHealsByItself) {
  hosts->cut(kSecond);
  // Silence, no reset: the heartbeat tells.
  ASSERT_TRUE(eventually([&] { return state(1) == "lost"; }, seconds(30))) << fleet->local().status();

  // The others are served; the one that is away is named.
  const Answer set = from_first({"set", "all", "rated_power=55kW"});
  EXPECT_EQ(set.status, 4) << set.out << set.err;
  EXPECT_EQ(fleet_test::at(set.json, "/silent"), json::array({1})) << set.out;
  EXPECT_GT(count(set.json, "/applied"), 0U);
  // A trigger that is past its time when the cable is back is not carried out there.
  const std::uint64_t before = count(fleet->local().status(), kStatusReports);
  const Answer trigger = from_first({"trigger", "all", "status"});
  EXPECT_EQ(trigger.status, 4) << trigger.out;
  const std::uint64_t there = count(trigger.json, "/applied");
  EXPECT_GT(there, 0U);
  EXPECT_LT(there, kDevices);
  ASSERT_TRUE(fleet->worker(1).running());

  // Longer than a command's time (10 s) and than every heartbeat.
  const auto mended_at = std::chrono::steady_clock::now() + seconds(11);
  EXPECT_TRUE(eventually([&] { return std::chrono::steady_clock::now() >= mended_at; }));
  hosts->mend(kSecond);
  EXPECT_TRUE(eventually([&] { return state(1) == "live"; }, seconds(30))) << fleet->log("worker-1.log");
  EXPECT_TRUE(everywhere("55kW")) << "every durable change is there";
  const json status = fleet->local().status();
  EXPECT_EQ(count(status, "/shards/1/boot"), 1U) << "the process did not restart";
  EXPECT_EQ(count(status, "/figures/online"), kDevices);
  // A pile may report its status by itself now and then, twenty do not.
  EXPECT_GE(count(status, kStatusReports), before + there);
  EXPECT_LT(count(status, kStatusReports), before + kDevices - 5) << "the late trigger was not carried out";
  expect_counts(from_first({"set", "all", "rated_power=65kW"}), 0, kDevices, kDevices);
}

TEST_F(SeveralHosts, AControlThatRestartsWhileACableIsCutIsFoundAgain) {
  expect_counts(from_first({"set", "all", "rated_power=52kW"}), 0, kDevices, kDevices);
  hosts->cut(kSecond);
  EXPECT_NE(from_first({"set", "all", "connector_power=20kW", "--timeout", "3s"}).status, 0)
      << "a shard is silent";
  hosts->on(kControl, [&] { fleet->local().start_control({"--resume"}); });
  EXPECT_TRUE(eventually([&] { return state(0) == "live"; }, seconds(30))) << fleet->local().control_log();
  hosts->mend(kSecond);
  EXPECT_TRUE(eventually([&] { return state(1) == "live"; }, seconds(30))) << fleet->log("worker-1.log");
  EXPECT_TRUE(everywhere("52kW"));
  EXPECT_TRUE(eventually([&] {
    const auto values = fleet->local().values("all", "connector_power");
    std::size_t right = 0;
    for (const auto& [id, value] : values) right += value == "20kW" ? 1U : 0U;
    return right == kDevices;
  }));
  expect_counts(from_first({"set", "all", "rated_power=66kW"}), 0, kDevices, kDevices);
}

}  // namespace
}  // namespace vfleet::hosts_test
