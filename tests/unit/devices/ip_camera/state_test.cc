// What of a camera goes on after its worker died.
#include <gtest/gtest.h>

#include "simulator/core/random.h"
#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;

TEST(CameraState, StorageCountersAndEventsGoOn) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.act("motion", {{"channel", integer(1)}, {"duration", duration(60s)}}));
  world.run_for(20s);
  const std::string used = world.state("storage_used");
  ASSERT_EQ(world.state("events"), "1");
  ASSERT_TRUE(world.resume(world.saved()));
  EXPECT_EQ(world.state("storage_used"), used);
  EXPECT_EQ(world.state("events"), "1");
  EXPECT_EQ(world.state("recording"), "on");
  world.forget();
  world.run_for(41s);
  EXPECT_EQ(world.state("events"), "0");
  const Json end = data(world.last("event"));
  ASSERT_TRUE(world.act("motion", {{"channel", integer(1)}, {"duration", duration(60s)}}));
  EXPECT_NE(data(world.last("event")), end) << "numbers of events are not given twice";
}

TEST(CameraState, TheFirmwareOfAnUpgradeStays) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.act("ota", {{"version", text("9.9.9")}}));
  ASSERT_TRUE(world.run_until([&] { return world.state("firmware") == "9.9.9"; }, 1h));
  world.run_for(1min);
  ASSERT_TRUE(world.resume(world.saved()));
  EXPECT_EQ(world.state("firmware"), "9.9.9");
}

TEST(CameraState, AnUpgradeUnderWayComesToItsEnd) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.act("ota", {{"version", text("9.9.9")}}));
  for (int i = 0; i < 200 && world.state("firmware") != "9.9.9"; ++i) {
    world.run_for(1s);
    if (i % 7 == 0) {
      ASSERT_TRUE(world.resume(world.saved()));
    }
  }
  EXPECT_EQ(world.state("firmware"), "9.9.9");
}

TEST(CameraState, OnlyItsOwnBytesAreTaken) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.act("motion", {{"channel", integer(1)}, {"duration", duration(60s)}}));
  ASSERT_TRUE(world.act("ota", {{"version", text("9.9.9")}}));
  const std::vector<std::byte> good = world.saved();
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(world.resume(std::span(good).first(length))) << length;
  Random random(1, 1, "damage");
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> bad = good;
    for (int n = 0; n < 3; ++n) bad[random.below(bad.size())] = static_cast<std::byte>(random.below(256));
    if (world.resume(bad)) world.run_for(1s);
  }
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
