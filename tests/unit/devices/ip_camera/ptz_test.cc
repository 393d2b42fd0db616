#include "devices/ip_camera/model/ptz.h"

#include <gtest/gtest.h>

#include "simulator/core/random.h"

namespace vfleet::devices::ip_camera::model {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours(1000)};

TEST(Ptz, GoesToAPlaceAtItsSpeed) {
  const PtzSettings settings{.pan_speed = 10, .tilt_speed = 10, .zoom_speed = 1};
  Ptz ptz;
  ptz.go({.pan = 30, .tilt = 10, .zoom = 2}, settings, kStart);
  EXPECT_EQ(ptz.arrives(), kStart + 3s);
  EXPECT_FLOAT_EQ(ptz.position(kStart + 1s).pan, 10);
  EXPECT_FLOAT_EQ(ptz.position(kStart + 1s).tilt, 10);
  EXPECT_FLOAT_EQ(ptz.position(kStart + 2s).tilt, 10);
  EXPECT_EQ(ptz.position(kStart + 3s), (PtzPosition{30, 10, 2}));
}

TEST(Ptz, ATurnEndsAfterItsTime) {
  const PtzSettings settings{.pan_speed = 60};
  Ptz ptz;
  ptz.turn({.pan = -0.5F, .tilt = 0, .zoom = 0}, 2s, settings, kStart);
  EXPECT_EQ(ptz.arrives(), kStart + 2s);
  EXPECT_FLOAT_EQ(ptz.position(kStart + 5s).pan, -60);
}

TEST(Ptz, ATurnWithoutTimeGoesToTheLimitUnlessStopped) {
  const PtzSettings settings{.pan_max = 90, .pan_speed = 30};
  Ptz ptz;
  ptz.turn({.pan = 1, .tilt = 0, .zoom = 0}, 0s, settings, kStart);
  EXPECT_EQ(ptz.arrives(), kStart + 3s);
  ptz.stop(kStart + 1s);
  EXPECT_FALSE(ptz.moving());
  EXPECT_FLOAT_EQ(ptz.position(kStart + 9s).pan, 30);
}

TEST(Ptz, NewLimitsBringItInside) {
  PtzSettings settings;
  Ptz ptz;
  ptz.go({.pan = 100, .tilt = 0, .zoom = 1}, settings, kStart);
  ptz.stop(kStart + 1h);
  settings.pan_max = 50;
  ptz.limit(settings, kStart + 1h);
  EXPECT_FLOAT_EQ(ptz.position(kStart + 1h).pan, 50);
}

TEST(Ptz, NeverLeavesItsLimits) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed, 1, "ptz");
    const PtzSettings settings{.pan_min = random.uniform(-180, -10),
                               .pan_max = random.uniform(10, 180),
                               .tilt_min = random.uniform(-90, 0),
                               .tilt_max = random.uniform(0, 90),
                               .zoom_max = random.uniform(1, 40),
                               .pan_speed = random.uniform(0.1, 300),
                               .tilt_speed = random.uniform(0.1, 300),
                               .zoom_speed = random.uniform(0.1, 20)};
    const auto any = [&](double range) { return static_cast<float>(random.uniform(-range, range)); };
    Ptz ptz;
    TimePoint now = kStart;
    for (int i = 0; i < 400; ++i) {
      switch (random.below(4)) {
        case 0:
          ptz.go({any(500), any(500), any(60)}, settings, now);
          break;
        case 1:
          ptz.turn({any(2), any(2), any(2)}, Duration(random.below(10) * 1'000'000'000), settings, now);
          break;
        case 2:
          ptz.stop(now);
          break;
        default:
          break;
      }
      now += Duration(random.below(5'000'000'000));
      const PtzPosition at = ptz.position(now);
      ASSERT_GE(at.pan, static_cast<float>(settings.pan_min)) << "seed " << seed;
      ASSERT_LE(at.pan, static_cast<float>(settings.pan_max)) << "seed " << seed;
      ASSERT_GE(at.tilt, static_cast<float>(settings.tilt_min)) << "seed " << seed;
      ASSERT_LE(at.tilt, static_cast<float>(settings.tilt_max)) << "seed " << seed;
      ASSERT_GE(at.zoom, 1) << "seed " << seed;
      ASSERT_LE(at.zoom, static_cast<float>(settings.zoom_max)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace vfleet::devices::ip_camera::model
