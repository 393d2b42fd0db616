#include "devices/ip_camera/model/storage.h"

#include <gtest/gtest.h>

#include "simulator/core/random.h"

namespace vfleet::devices::ip_camera::model {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours(1000)};

TEST(Storage, FillsByWhatIsRecorded) {
  const StorageSettings settings{.capacity_bytes = 1e9};
  Storage storage;
  storage.fill(settings, 0.5, kStart);
  storage.set_rate(settings, 8'000'000, kStart);
  EXPECT_EQ(storage.used_bytes(settings, kStart), 500'000'000u);
  EXPECT_EQ(storage.used_bytes(settings, kStart + 10s), 510'000'000u);
  EXPECT_EQ(storage.state(settings, kStart + 10s), StorageState::ok);
}

TEST(Storage, FreesAStepWhenItIsFullAndRecycles) {
  const StorageSettings settings{.capacity_bytes = 1e9, .recycle = true, .recycle_step = 0.1};
  Storage storage;
  storage.fill(settings, 0.99, kStart);
  storage.set_rate(settings, 8'000'000, kStart);
  EXPECT_EQ(storage.used_bytes(settings, kStart + 9s), 999'000'000u);
  EXPECT_EQ(storage.used_bytes(settings, kStart + 10s), 900'000'000u);
  EXPECT_EQ(storage.used_bytes(settings, kStart + 109s), 999'000'000u);
  EXPECT_EQ(storage.used_bytes(settings, kStart + 110s), 900'000'000u);
  EXPECT_EQ(storage.full_at(settings), kNever);
}

TEST(Storage, IsFullToTheByteWhenItDoesNotRecycle) {
  const StorageSettings settings{.capacity_bytes = 1e9, .recycle = false};
  Storage storage;
  storage.fill(settings, 0.99, kStart);
  storage.set_rate(settings, 7'777'777, kStart);
  const TimePoint full = storage.full_at(settings);
  ASSERT_NE(full, kNever);
  EXPECT_EQ(storage.state(settings, full - 1us), StorageState::ok);
  EXPECT_EQ(storage.state(settings, full), StorageState::full);
  EXPECT_EQ(storage.used_bytes(settings, full + 1h), 1'000'000'000u);
}

TEST(Storage, LevelDoesNotDependOnHowOftenItIsLookedAt) {
  const StorageSettings settings{.capacity_bytes = 2e9, .recycle_step = 0.07};
  Storage storage;
  storage.fill(settings, 0.2, kStart);
  storage.set_rate(settings, 4'000'000, kStart);
  Storage copy = storage;
  for (int i = 1; i < 5000; ++i) (void)copy.used_bytes(settings, kStart + i * 3s);
  EXPECT_EQ(copy.used_bytes(settings, kStart + 20000s), storage.used_bytes(settings, kStart + 20000s));
}

TEST(Storage, StaysWithinItsCapacityAndOnlyFallsByAStep) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed, 1, "storage");
    const StorageSettings settings{.capacity_bytes = random.uniform(1e8, 1e12),
                                   .recycle = random.chance(0.7),
                                   .recycle_step = random.uniform(0.01, 0.5)};
    Storage storage;
    storage.fill(settings, random.uniform(), kStart);
    const auto capacity = static_cast<std::uint64_t>(settings.capacity_bytes);
    TimePoint now = kStart;
    std::uint64_t before = storage.used_bytes(settings, now);
    for (int i = 0; i < 500; ++i) {
      if (random.chance(0.1)) storage.set_rate(settings, random.below(200'000'000), now);
      now += Duration(static_cast<std::int64_t>(random.uniform(0, 100e9)));
      const std::uint64_t used = storage.used_bytes(settings, now);
      ASSERT_LE(used, capacity) << "seed " << seed;
      if (used < before) {
        ASSERT_TRUE(settings.recycle) << "seed " << seed;
        ASSERT_GE(used + 1,
                  static_cast<std::uint64_t>(settings.capacity_bytes * (1 - settings.recycle_step)));
      }
      before = used;
    }
  }
}

TEST(Storage, AJammedOrFailedOneComesBackWhenFormatted) {
  const StorageSettings settings{.capacity_bytes = 1e9, .recycle = true};
  Storage storage;
  storage.fill(settings, 0.3, kStart);
  storage.jam(settings, kStart);
  EXPECT_EQ(storage.state(settings, kStart), StorageState::full);
  storage.fail(settings, kStart);
  EXPECT_EQ(storage.state(settings, kStart), StorageState::error);
  storage.format(kStart);
  EXPECT_EQ(storage.state(settings, kStart), StorageState::ok);
  EXPECT_EQ(storage.used_bytes(settings, kStart), 0u);
}

TEST(Storage, NoCardIsNeitherFullNorUsed) {
  const StorageSettings settings{.present = false};
  Storage storage;
  storage.fill(settings, 1, kStart);
  EXPECT_EQ(storage.state(settings, kStart), StorageState::none);
  EXPECT_EQ(storage.used_bytes(settings, kStart), 0u);
}

}  // namespace
}  // namespace vfleet::devices::ip_camera::model
