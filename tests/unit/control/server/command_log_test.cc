#include "control/server/command_log.h"

#include <gtest/gtest.h>

namespace vfleet::control::server {
namespace {

bus::Command command(std::uint64_t seq, std::size_t bytes = 10) {
  bus::Command out;
  out.seq = seq;
  out.args = std::string(bytes, 'x');
  return out;
}

TEST(CommandLog, GivesTheTailWithoutHoles) {
  CommandLog log;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) log.add(command(seq));
  const auto tail = log.tail(4, 1'000'000);
  ASSERT_TRUE(tail);
  ASSERT_EQ(tail->size(), 7U);
  for (std::size_t i = 0; i < tail->size(); ++i) EXPECT_EQ((*tail)[i].seq, 4 + i);
}

TEST(CommandLog, HasNothingYetForWhoIsUpToDate) {
  CommandLog log;
  log.add(command(1));
  ASSERT_TRUE(log.tail(2, 100));
  EXPECT_TRUE(log.tail(2, 100)->empty());
}

TEST(CommandLog, SaysWhenItIsTooLate) {
  CommandLog log(3);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) log.add(command(seq));
  EXPECT_FALSE(log.tail(2, 100));
  EXPECT_TRUE(log.tail(3, 100));
  EXPECT_EQ(log.first(), 3U);
}

TEST(CommandLog, CutsByBytesAndStillMovesOn) {
  CommandLog log;
  for (std::uint64_t seq = 1; seq <= 5; ++seq) log.add(command(seq, 1000));
  EXPECT_EQ(log.tail(1, 1)->size(), 1U);
  EXPECT_EQ(log.tail(1, 2600)->size(), 2U);
}

TEST(CommandLog, HoldsNoMoreBytesThanAllowed) {
  CommandLog log(1000, 10'000);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) log.add(command(seq, 900));
  EXPECT_LE(log.bytes(), 10'000U);
  EXPECT_EQ(log.last(), 100U);
}

}  // namespace
}  // namespace vfleet::control::server
