#include "control/server/flow_control.h"

#include <gtest/gtest.h>

#include <vector>

#include "simulator/core/random.h"

namespace vfleet::control::server {
namespace {

TEST(FlowControl, SendsAtOnceWhenNobodyIsLive) {
  std::vector<std::string> sent;
  FlowControl flow(2, [&](const std::string& text) { sent.push_back(text); });
  for (std::uint64_t seq = 1; seq <= 5; ++seq) flow.submit(seq, std::to_string(seq));
  EXPECT_EQ(sent.size(), 5U);
}

TEST(FlowControl, WaitsForTheSlowestLiveWorker) {
  std::vector<std::string> sent;
  FlowControl flow(3, [&](const std::string& text) { sent.push_back(text); });
  flow.slowest_is_at(0);
  for (std::uint64_t seq = 1; seq <= 10; ++seq) flow.submit(seq, std::to_string(seq));
  EXPECT_EQ(flow.published(), 3U);
  EXPECT_EQ(flow.submitted(), 10U);
  flow.slowest_is_at(2);
  EXPECT_EQ(flow.published(), 5U);
  flow.slowest_is_at(UINT64_MAX);
  EXPECT_EQ(flow.published(), 10U);
}

TEST(FlowControl, SaysWhenItIsFull) {
  FlowControl flow(
      1, [](const std::string&) {}, 2);
  flow.slowest_is_at(0);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    EXPECT_TRUE(flow.has_room());
    flow.submit(seq, "");
  }
  EXPECT_FALSE(flow.has_room());
}

// Over random histories: order is kept, nothing is lost, and no live worker is ever more than the window
// behind.
TEST(FlowControl, NeverRunsFurtherAheadThanTheWindow) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed, 0, "flow");
    const std::uint64_t window = 1 + random.below(20);
    std::uint64_t applied = 0;
    std::uint64_t last = 0;
    FlowControl flow(window, [&](const std::string& text) {
      ASSERT_EQ(std::stoull(text), last + 1);
      ++last;
      ASSERT_LE(last - applied, window);
    });
    flow.slowest_is_at(0);
    std::uint64_t submitted = 0;
    while (submitted < 300) {
      if (random.chance(0.6)) {
        ++submitted;
        flow.submit(submitted, std::to_string(submitted));
      } else {
        applied += random.below(flow.published() - applied + 1);
        flow.slowest_is_at(applied);
      }
      ASSERT_TRUE(flow.waiting() == 0 || flow.published() - applied == window);
    }
    while (applied < 300) {
      applied = flow.published();
      flow.slowest_is_at(applied);
    }
    EXPECT_EQ(last, 300U);
  }
}

}  // namespace
}  // namespace vfleet::control::server
