#include "devices/ip_camera/model/ota.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;
using model::OtaState;

std::vector<std::string> states(const FakeDeviceContext& world) {
  std::vector<std::string> out;
  for (const auto& message : world.messages()) {
    if (message.report != "ota") continue;
    const std::string state = data(message)["state"];
    if (out.empty() || out.back() != state) out.push_back(state);
  }
  return out;
}

TEST(Ota, GoesThroughItsStatesAndChangesTheFirmware) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.set_schedule(false);
  world.start();
  ASSERT_TRUE(world.act("ota", {{"version", text("3.0.0")}, {"url", text("http://127.0.0.1/fw.bin")}}));
  EXPECT_EQ(world.state("status"), "upgrading");
  EXPECT_EQ(world.state("firmware"), "2.4.1");
  world.run_for(10min);
  EXPECT_EQ(states(world), (std::vector<std::string>{"queued", "downloading", "verifying", "installing",
                                                     "rebooting", "done"}));
  EXPECT_EQ(world.state("firmware"), "3.0.0");
  EXPECT_EQ(world.state("status"), "normal");
  EXPECT_EQ(world.count("login"), 2u);
  EXPECT_EQ(data(world.last("ota"))["fw"], "3.0.0");
  EXPECT_EQ(data(world.last("login"))["fw"], "3.0.0");
}

TEST(Ota, FailsWhereItIsToldAndSaysWhy) {
  for (const auto& [where, reason] :
       {std::pair{"download", "download_failed"}, std::pair{"verify", "checksum_mismatch"},
        std::pair{"install", "install_failed"}}) {
    FakeDeviceContext world(make_ip_camera(), quiet());
    world.set_schedule(false);
    world.start();
    ASSERT_TRUE(world.act("ota", {{"fail", text(where)}}));
    world.run_for(10min);
    EXPECT_EQ(states(world).back(), "failed");
    EXPECT_EQ(data(world.last("ota"))["reason"], reason);
    EXPECT_EQ(world.state("firmware"), "2.4.1");
    EXPECT_EQ(world.state("status"), "normal");
    EXPECT_TRUE(world.act("ota")) << "the next attempt is free";
  }
}

TEST(Ota, IsRefusedWhileAnotherOneRuns) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.act("ota", {{"version", text("9")}}));
  const auto again = world.act("ota", {{"version", text("10")}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::rejected);
  EXPECT_EQ(again.error().detail, "an upgrade to 9 is under way");
}

TEST(Ota, APowerCutInterruptsIt) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.set_schedule(false);
  world.start();
  ASSERT_TRUE(world.act("ota"));
  world.run_for(5s);
  world.reboot(10s);
  world.run_for(1min);
  EXPECT_EQ(states(world).back(), "failed");
  EXPECT_EQ(data(world.last("ota"))["reason"], "interrupted");
}

TEST(Ota, EveryRunOverSeedsTakesALegalWay) {
  int failed = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed, 2, "orders");
    const model::OtaSettings settings{
        .download_bps = random.uniform(1e5, 1e9), .report_step = random.uniform(0.01, 1), .failure = 0.5};
    TimePoint now{std::chrono::hours(1000)};
    model::Ota ota({.version = "2"}, settings, Random(seed, 1, "ota"), now);
    OtaState before = ota.state();
    int progress = 0;
    int steps = 0;
    while (ota.due() != kNever && ++steps < 1000) {
      ASSERT_GE(ota.due(), now);
      now = ota.due();
      ota.step(settings, now);
      const auto from = static_cast<int>(before);
      const auto to = static_cast<int>(ota.state());
      ASSERT_TRUE(to == from + 1 || ota.state() == OtaState::failed ||
                  (ota.state() == OtaState::downloading && before == OtaState::downloading))
          << "seed " << seed << ": " << from << " to " << to;
      ASSERT_GE(ota.progress(), progress);
      ASSERT_LE(ota.progress(), 100);
      progress = ota.progress();
      before = ota.state();
    }
    ASSERT_LT(steps, 1000);
    failed += ota.state() == OtaState::failed;
    ASSERT_TRUE(ota.state() == OtaState::failed || ota.state() == OtaState::rebooting);
    if (ota.state() == OtaState::rebooting) {
      EXPECT_EQ(ota.progress(), 100);
    }
  }
  EXPECT_GT(failed, 25);
  EXPECT_LT(failed, 75);
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
