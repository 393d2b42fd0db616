#include "devices/ip_camera/model/day_night.h"

#include <gtest/gtest.h>

#include "devices/ip_camera/model/boxes.h"
#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;
using model::light_at;

TEST(DayNight, FollowsTheHour) {
  const model::DayNightSettings settings{.day_from = 6h, .day_until = 18h};
  EXPECT_TRUE(light_at(settings, 5h + 59min, 0s).night);
  EXPECT_FALSE(light_at(settings, 6h, 0s).night);
  EXPECT_EQ(light_at(settings, 6h, 0s).until_change, 12h);
  EXPECT_TRUE(light_at(settings, 18h, 0s).night);
  EXPECT_EQ(light_at(settings, 23h, 0s).until_change, 7h);
  EXPECT_TRUE(light_at(settings, 6h, 5min).night) << "this camera is late";
}

TEST(DayNight, AFixedModeNeverChanges) {
  EXPECT_FALSE(light_at({.mode = model::DayNightMode::day}, 0h, 0s).night);
  EXPECT_TRUE(light_at({.mode = model::DayNightMode::night}, 12h, 0s).night);
  EXPECT_EQ(light_at({.mode = model::DayNightMode::night}, 12h, 0s).until_change, Duration::max());
}

TEST(DayNight, TimeOfDayKnowsTheTimezone) {
  const WallTime wall{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 20h};
  EXPECT_EQ(model::time_of_day(wall, 8), 4h);
  EXPECT_EQ(model::time_of_day(wall, -3.5), 16h + 30min);
}

TEST(DayNight, ACameraSwitchesToInfraredInTheEveningAndBack) {
  FakeDeviceContext world(make_ip_camera(),
                          quiet({{"timezone", number(0)}, {"day_night.spread", duration(0s)}}));
  world.set_schedule(false);
  world.start();  // 08:00
  EXPECT_EQ(world.state("day_night"), "day");
  world.run_for(9h + 59min);
  EXPECT_EQ(world.state("day_night"), "day");
  EXPECT_EQ(world.count("status"), 0u);
  world.run_for(2min);
  EXPECT_EQ(world.state("day_night"), "night");
  EXPECT_EQ(world.count("status"), 1u) << "a change of the light is told";
  world.run_for(12h);
  EXPECT_EQ(world.state("day_night"), "day");
}

TEST(Boxes, StayInThePictureAndMove) {
  for (std::uint64_t key = 1; key <= 200; ++key) {
    const model::Box first = model::box_at(key, 0, 0s);
    bool moved = false;
    for (int s = 0; s < 600; s += 7) {
      const model::Box box = model::box_at(key, 0, std::chrono::seconds(s));
      ASSERT_GE(box.x, 0);
      ASSERT_GE(box.y, 0);
      ASSERT_GT(box.w, 0);
      ASSERT_GT(box.h, 0);
      ASSERT_LE(box.x + box.w, model::kBoxUnit);
      ASSERT_LE(box.y + box.h, model::kBoxUnit);
      moved = moved || box.x != first.x || box.y != first.y;
    }
    EXPECT_TRUE(moved) << "key " << key;
  }
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
