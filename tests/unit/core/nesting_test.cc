#include "simulator/core/nesting.h"

#include <gtest/gtest.h>

#include <string>

namespace vfleet {
namespace {

TEST(Nesting, CountsBracketsOfBothKindsTogether) {
  EXPECT_TRUE(nests_at_most(R"({"a":[[{}]]})", 4));
  EXPECT_FALSE(nests_at_most(R"({"a":[[{}]]})", 3));
  EXPECT_TRUE(nests_at_most("7", 0));
}

TEST(Nesting, BracketsThatCloseMakeRoomAgain) {
  std::string flat;
  for (int i = 0; i < 1000; ++i) flat += "[]";
  EXPECT_TRUE(nests_at_most(flat, 1));
}

TEST(Nesting, BracketsInTextsDoNotCount) {
  EXPECT_TRUE(nests_at_most(R"(["[[[[","\"[[[[","\\"])", 1));
  EXPECT_FALSE(nests_at_most(R"(["\\",[]])", 1));
}

TEST(Nesting, BracketsThatCloseNothingGiveNoRoom) {
  EXPECT_FALSE(nests_at_most("]]]][[", 1));
  EXPECT_FALSE(nests_at_most(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace vfleet
