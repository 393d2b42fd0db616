#include "simulator/codec/ykc/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ykc_samples.h"

namespace vfleet::codec::ykc {
namespace {

using ::testing::HasSubstr;

const std::string kGood = from_hex("68 0C 00 00 00 36 32 01 06 00 01 92 36 01 FF B9");

TEST(YkcInspect, SeveralFramesAreCutApart) {
  const std::string bytes = kGood + kGood + from_hex("68 0D 25 D3 00 03 20 23 12 12 00 00 10 01 00 D1 AC");
  const auto pieces = inspect(bytes);
  ASSERT_EQ(pieces.size(), 3u);
  for (const Piece& each : pieces) EXPECT_EQ(each.wrong, "");
  EXPECT_EQ(pieces[2].offset, 32u);
  EXPECT_EQ(pieces[2].frame.crc_order, CrcOrder::high_first);
}

TEST(YkcInspect, AWrongCrcIsShownWithTheRightOneInBothOrders) {
  std::string bytes = kGood;
  bytes.back() = 0;
  const auto pieces = inspect(bytes + kGood);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].wrong,
            "the CRC on the wire is FF00; right is FFB9 (low byte first) or B9FF (high byte first)");
  EXPECT_TRUE(pieces[0].is_frame);
  EXPECT_EQ(pieces[0].frame.type, 0x36);
  EXPECT_EQ(pieces[1].wrong, "");
}

TEST(YkcInspect, AWrongLengthIsSeenByTheCrc) {
  std::string bytes = kGood;
  bytes[1] = 0x0D;
  auto pieces = inspect(bytes);
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].wrong, "the length byte says 13; it should say 12: with all 16 bytes the CRC is right");
  EXPECT_EQ(pieces[0].frame.body.size(), 8u);
  pieces = inspect(bytes + kGood);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_THAT(pieces[0].wrong, HasSubstr("it should say 12"));
  EXPECT_EQ(pieces[1].wrong, "");
}

TEST(YkcInspect, AFrameThatIsCutShortSaysHowMuchIsMissing) {
  const auto pieces = inspect(kGood.substr(0, 12));
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_THAT(pieces[0].wrong, HasSubstr("the length byte says 12, so 16 bytes; there are 12"));
  EXPECT_THAT(inspect("\x68")[0].wrong, HasSubstr("at least 8 bytes"));
  EXPECT_THAT(inspect("\x68\x02")[0].wrong, HasSubstr("the least is 4"));
  EXPECT_TRUE(inspect("").empty());
}

TEST(YkcInspect, BytesBetweenFramesAreNamed) {
  const auto pieces = inspect("ab" + kGood + "c");
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[0].wrong, "2 bytes that begin no frame: a frame begins with 68");
  EXPECT_FALSE(pieces[0].is_frame);
  EXPECT_EQ(pieces[1].offset, 2u);
  EXPECT_EQ(pieces[1].wrong, "");
  EXPECT_EQ(pieces[2].wrong, "1 bytes that begin no frame: a frame begins with 68");
}

}  // namespace
}  // namespace vfleet::codec::ykc
