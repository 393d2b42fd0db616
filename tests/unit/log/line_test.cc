#include "simulator/log/line.h"

#include <gtest/gtest.h>

namespace vfleet::log {
namespace {

TEST(LogLine, LevelsReadBackFromTheirNames) {
  for (const Level level : {Level::trace, Level::debug, Level::info, Level::warn, Level::error})
    EXPECT_EQ(parse_level(to_string(level)), level);
  EXPECT_EQ(parse_level("warning"), std::nullopt);
  EXPECT_EQ(parse_level(""), std::nullopt);
}

TEST(LogLine, TextStaysAsItIsWhenItIsGood) {
  EXPECT_EQ(clean("plug inserted, 32 °C, 充电"), "plug inserted, 32 °C, 充电");
  EXPECT_EQ(clean(""), "");
}

TEST(LogLine, NoTextCanPassForTwoLines) {
  EXPECT_EQ(clean("one\ntwo\r\nthree\n"), "one | two | three");
}

TEST(LogLine, NoTextCanSteerATerminal) {
  EXPECT_EQ(clean("\x1b[31mred\a\x7f"), "?[31mred??");
  EXPECT_EQ(clean("\xc2\x9b"
                  "31m"),
            "?31m");  // CSI as one character
  EXPECT_EQ(clean("tab\there"), "tab here");
}

TEST(LogLine, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(clean("a\xff"
                  "b"),
            "a?b");
  EXPECT_EQ(clean("cut \xe5\x85"), "cut ??");
  EXPECT_EQ(clean("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(clean("\xc0\x80"), "??");       // a longer form of NUL
}

TEST(LogLine, LongTextIsCutBetweenCharacters) {
  const std::string text(3 * kTextBytesMax, 'x');
  const std::string cut = clean(text);
  EXPECT_EQ(cut.size(), kTextBytesMax);
  EXPECT_TRUE(cut.ends_with("x..."));
  EXPECT_EQ(clean(std::string(kTextBytesMax, 'x')), std::string(kTextBytesMax, 'x'));
  EXPECT_EQ(clean("充充充", 8), "充...");
  EXPECT_EQ(clean("充充", 6), "充充");
}

}  // namespace
}  // namespace vfleet::log
