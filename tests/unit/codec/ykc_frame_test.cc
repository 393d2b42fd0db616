#include "simulator/codec/ykc/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "simulator/codec/framing/framing.h"
#include "simulator/codec/ykc/crc.h"
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

// Start bytes that promise the longest frames, with frames among them.
std::string hostile_stream(Random& random) {
  std::string stream;
  for (int i = 0; i < 40; ++i) {
    for (std::uint64_t n = random.below(200); n > 0; --n)
      stream += random.below(8) == 0 ? "\x68" : "\x68\xff";
    EXPECT_TRUE(append_frame({.sequence = static_cast<std::uint16_t>(i),
                              .type = 0x13,
                              .body = std::string(random.below(kBodyBytesMax), '\x68'),
                              .crc_order = i % 2 == 0 ? CrcOrder::low_first : CrcOrder::high_first},
                             stream));
  }
  return stream + std::string(300, '\0');
}

// What is a frame when each start byte is looked at alone.
std::vector<std::string> frames_among(std::string_view stream) {
  std::vector<std::string> out;
  while (!stream.empty()) {
    const std::size_t size = stream.size() < 2 ? 0 : static_cast<std::uint8_t>(stream[1]) + 4U;
    if (stream[0] == '\x68' && size <= stream.size() && parse_frame(stream.substr(0, size))) {
      out.emplace_back(stream.substr(0, size));
      stream.remove_prefix(size);
    } else {
      stream.remove_prefix(1);
    }
  }
  return out;
}

TEST(YkcFrame, PartsHaveTheCrcThatTheyHaveAlone) {
  Random random(3, 1, "parts");
  std::string text(3000, '\0');
  for (char& c : text) c = static_cast<char>(random.below(256));
  PartCrcs crcs(text);
  for (std::size_t begin = 0; begin + PartCrcs::kPartMax <= text.size(); begin += random.below(40)) {
    const std::size_t size = random.below(PartCrcs::kPartMax + 1);
    ASSERT_EQ(crcs.of(begin, begin + size), crc16(std::string_view(text).substr(begin, size))) << begin;
  }
}

TEST(YkcFrame, TheReaderFindsFramesAmongStartBytesThatPromiseLongOnes) {
  Random random(11, 1, "hostile");
  const std::string stream = hostile_stream(random);
  const std::vector<std::string> frames = frames_among(stream);
  ASSERT_GE(frames.size(), 30U);
  for (int round = 0; round < 20; ++round) {
    FrameReader reader;
    FrameReader::Totals totals;
    std::vector<std::string> found;
    std::size_t bytes_of_frames = 0;
    std::string_view rest = stream;
    while (!rest.empty()) {
      const std::string slice(rest.substr(0, 1 + random.below(round == 0 ? stream.size() : 400)));
      rest.remove_prefix(slice.size());
      std::string_view bytes = slice;
      for (std::string_view frame; !(frame = reader.next(bytes, totals)).empty();) found.emplace_back(frame);
    }
    EXPECT_TRUE(found == frames);
    for (const std::string& each : found) bytes_of_frames += each.size();
    EXPECT_EQ(totals.skipped_bytes + bytes_of_frames, stream.size());
  }
}

/// The frames that a pile's connection hears of `stream` in slices, and how many messages were none.
struct Heard {
  std::vector<std::string> frames;
  std::size_t noise_messages = 0;
  std::size_t noise_bytes = 0;
};
Heard hear(std::string_view stream, std::size_t slice_max, Random& random) {
  namespace framing = vfleet::codec::framing;
  const framing::Framing sized{.kind = framing::Kind::sized, .size_of = sized_frame};
  framing::FrameReader reader;
  Heard out;
  while (!stream.empty()) {
    const std::string slice(stream.substr(0, 1 + random.below(slice_max)));
    stream.remove_prefix(slice.size());
    std::string_view bytes = slice;
    std::string_view message;
    while (true) {
      const auto progress = reader.next(sized, bytes, message);
      EXPECT_NE(progress, framing::FrameReader::Progress::too_long);
      if (progress != framing::FrameReader::Progress::frame) break;
      if (is_noise(message)) {
        ++out.noise_messages;
        out.noise_bytes += message.size();
      } else {
        out.frames.emplace_back(message);
      }
    }
  }
  return out;
}

TEST(YkcFrame, NoiseBetweenFramesIsToldInFewMessagesHoweverItIsSliced) {
  Random random(12, 1, "noise");
  const std::string stream = hostile_stream(random);
  const std::vector<std::string> frames = frames_among(stream);
  ASSERT_GE(frames.size(), 30U);
  for (const std::size_t slice_max : {stream.size(), std::size_t{2000}, std::size_t{300}, std::size_t{3}}) {
    const Heard heard = hear(stream, slice_max, random);
    ASSERT_EQ(heard.frames.size(), frames.size()) << slice_max;
    EXPECT_TRUE(heard.frames == frames) << slice_max;
    std::size_t bytes_of_frames = 0;
    for (const std::string& each : heard.frames) bytes_of_frames += each.size();
    EXPECT_EQ(heard.noise_bytes + bytes_of_frames, stream.size());
  }
  // What is skipped is skipped at once, not byte by byte, each of which would look for a frame anew.
  std::string starts;
  for (int i = 0; i < 100'000; ++i) starts += "\x68\xff";
  const Heard heard = hear(starts, starts.size(), random);
  EXPECT_LT(heard.noise_messages, starts.size() / 1000);
  EXPECT_GT(heard.noise_bytes, starts.size() - 300);
}

TEST(YkcFrame, AFrameWithABadCrcThatComesInTwoPartsIsNoise) {
  std::string good;
  ASSERT_TRUE(append_frame({.type = 0x02, .body = "12345678"}, good));
  std::string bad = good;
  bad[8] = static_cast<char>(bad[8] ^ 1);
  Random random(1, 1, "slices");
  const Heard heard = hear(bad + good, 3, random);
  EXPECT_EQ(heard.frames, std::vector<std::string>{good});
  EXPECT_EQ(heard.noise_bytes, bad.size());
}

}  // namespace
}  // namespace vfleet::codec::ykc
