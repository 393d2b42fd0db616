#include "simulator/bus/outbox.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vfleet::bus {
namespace {

struct OutboxTest : testing::Test {
  bool open = true;
  std::vector<std::string> taken;
  Outbox box{[this](const Packed& packed) {
    if (open) taken.push_back(packed.body);
    return open;
  }};

  static Statistics said(const std::string& what) { return {"{\"what\":\"" + what + "\"}"}; }
};

TEST_F(OutboxTest, KeepsTheOrderOfWhatWaited) {
  box.deliver(said("1"));
  open = false;
  box.deliver(said("2"));
  EXPECT_FALSE(box.send(said("lost")));
  open = true;
  box.deliver(said("3"));  // behind what waits
  EXPECT_EQ(taken.size(), 1U);
  box.flush();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[1], said("2").figures);
  EXPECT_EQ(taken[2], said("3").figures);
  EXPECT_TRUE(box.empty());
  EXPECT_EQ(box.dropped(), 0U);
}

TEST_F(OutboxTest, LosesTheOldestOverItsBounds) {
  open = false;
  for (std::size_t i = 0; i < Outbox::kMessagesMax + 3; ++i) box.deliver(said(std::to_string(i)));
  EXPECT_EQ(box.dropped(), 3U);
  open = true;
  box.flush();
  ASSERT_EQ(taken.size(), Outbox::kMessagesMax);
  EXPECT_EQ(taken.front(), said("3").figures);

  open = false;
  const std::string large(kFrameBytesMax - 100, 'x');
  const std::size_t fit = Outbox::kBytesMax / large.size();
  for (std::size_t i = 0; i < fit + 2; ++i) box.deliver(said(large));
  EXPECT_EQ(box.dropped(), 5U);
  box.deliver(said(large + large));
  EXPECT_EQ(box.dropped(), 6U) << "larger than a frame: it never goes";
}

}  // namespace
}  // namespace vfleet::bus
