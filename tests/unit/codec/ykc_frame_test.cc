#include "simulator/codec/ykc/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "simulator/core/random.h"

namespace vfleet::codec::ykc {
namespace {

std::string bytes_of(std::string_view hex) {
  std::string out;
  int high = -1;
  for (const char c : hex) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'A' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return out;
}

TEST(YkcFrame, TheCrcIsModbus) {
  EXPECT_EQ(crc16("123456789"), 0x4B37);
}

TEST(YkcFrame, AFrameOfTheVendorsTextIsReadAndWrittenBack) {
  const std::string bytes = bytes_of("68 0C 00 00 00 02 55 03 14 12 78 23 05 00 DA 4C");
  const auto frame = parse_frame(bytes);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, 0x02);
  EXPECT_EQ(frame->sequence, 0);
  EXPECT_EQ(frame->body, bytes_of("55 03 14 12 78 23 05 00"));
  EXPECT_EQ(frame->crc_order, CrcOrder::low_first);
  std::string out;
  EXPECT_TRUE(append_frame(*frame, out));
  EXPECT_EQ(out, bytes);
}

TEST(YkcFrame, TheOtherOrderOfTheCrcIsReadToo) {
  const std::string bytes = bytes_of("68 0D 25 D3 00 03 20 23 12 12 00 00 10 01 00 D1 AC");
  const auto frame = parse_frame(bytes);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->crc_order, CrcOrder::high_first);
  EXPECT_EQ(frame->sequence, 0xD325);
  std::string out;
  EXPECT_TRUE(append_frame(*frame, out));
  EXPECT_EQ(out, bytes);
}

TEST(YkcFrame, OneThatIsTooLongIsNotWritten) {
  std::string out = "before";
  EXPECT_FALSE(append_frame({.type = 1, .body = std::string(kBodyBytesMax + 1, 'x')}, out));
  EXPECT_EQ(out, "before");
  EXPECT_TRUE(append_frame({.type = 1, .body = std::string(kBodyBytesMax, 'x')}, out));
}

TEST(YkcFrame, TheReaderFindsFramesInAnySlicesAmongGarbage) {
  Random random(7, 1, "slices");
  std::string stream;
  std::vector<std::string> frames;
  for (int i = 0; i < 200; ++i) {
    std::string body(random.below(60), '\0');
    for (char& c : body) c = static_cast<char>(random.below(256));
    std::string frame;
    ASSERT_TRUE(append_frame({.sequence = static_cast<std::uint16_t>(i),
                              .type = static_cast<std::uint8_t>(random.below(256)),
                              .body = body,
                              .crc_order = i % 2 == 0 ? CrcOrder::low_first : CrcOrder::high_first},
                             frame));
    frames.push_back(frame);
    stream += frame;
    if (i % 3 == 0) stream += "\x68\x04h\xff garbage";
  }
  stream += std::string(300, '\0');  // what looked like a long frame is seen to be none
  for (int round = 0; round < 20; ++round) {
    FrameReader reader;
    FrameReader::Totals totals;
    std::vector<std::string> found;
    std::string_view rest = stream;
    while (!rest.empty()) {
      const std::string slice(rest.substr(0, 1 + random.below(80)));
      rest.remove_prefix(slice.size());
      std::string_view bytes = slice;
      for (std::string_view frame; !(frame = reader.next(bytes, totals)).empty();) found.emplace_back(frame);
      EXPECT_TRUE(bytes.empty());
    }
    EXPECT_EQ(found, frames);
    EXPECT_GT(totals.skipped_bytes, 0u);
  }
}

}  // namespace
}  // namespace vfleet::codec::ykc
