// What a pile that speaks YKC takes, and what it allocates: nothing, while it does what it does all day.
#include <malloc.h>

#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"
#include "devices/charging_pile/pile.h"
#include "tests/bench/counting_new.h"
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

TEST(YkcMemory, SteadyReportsAllocateNothing) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.1));
  world.start_remotely();
  world.answers[0x03] = nullptr;  // what the platform of the test says allocates
  ASSERT_TRUE(world.set("ykc.heartbeat_every", duration(0s)));
  world.run(3min);
  world.keep = false;
  const std::size_t told = world.told_count;
  const std::uint64_t before = bench::allocations();
  world.run(20min);
  EXPECT_EQ(bench::allocations() - before, 0U);
  EXPECT_GE(world.told_count - told, 3 * 80U) << "0x13, 0x23 and 0x25 every 15 s";
}

TEST(YkcMemory, APileTakesThreeKilobytesAtMost) {
  const auto type = make_charging_pile();
  config::Values values = type->description().schema.defaults();
  values["dialect"] = text("ykc");
  const auto config = type->build(values);
  ASSERT_TRUE(config);
  constexpr int kPiles = 100;
  std::vector<std::unique_ptr<device::Device>> piles;
  piles.reserve(kPiles);
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < kPiles; ++i) piles.push_back(type->make(42, static_cast<std::uint64_t>(i), **config));
  const std::size_t each = (mallinfo2().uordblks - before) / kPiles;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LE(each, 1536U) << "at rest, with two guns";
  EXPECT_LE(sizeof(Pile) + sizeof(YkcConversation) + 2 * sizeof(Gun), 1024U);
}

TEST(YkcMemory, APileThatChargesAtBothGunsStillFits) {
  YkcWorld world({{"ykc.heartbeat_every", duration(0s)}});  // nobody answers them
  world.keep = false;
  world.answers.clear();
  world.start();
  world.platform(0x02, {{"pile", YkcWorld::kPile}, {"result", "ok"}});
  world.run(0s);
  world.platform(0x06, {{"pile", YkcWorld::kPile}, {"model", "0"}, {"result", "same"}});
  world.run(1min);
  ASSERT_EQ(world.state("ykc_stage"), "ready");
  const std::size_t before = mallinfo2().uordblks;
  for (const int gun : {1, 2}) {
    ASSERT_TRUE(world.plug(gun, "sedan", 0.1));
    ASSERT_TRUE(world.on("start", gun));
  }
  world.run(10min);
  for (const int gun : {1, 2}) ASSERT_TRUE(world.on("stop", gun));
  const std::size_t grown = mallinfo2().uordblks - before;
  RecordProperty("bytes", static_cast<int>(grown));
  EXPECT_LE(grown, 1536U) << "with two bills that nobody confirmed";
}

}  // namespace
}  // namespace vfleet::pile::ykc
