#include "simulator/codec/framing/framing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "simulator/core/random.h"

namespace vfleet::codec::framing {
namespace {

/// What is read from `bytes` in slices that end at `cuts`; "too long" ends it.
std::vector<std::string> read(const Framing& framing, const std::string& bytes,
                              const std::vector<std::size_t>& cuts) {
  FrameReader reader;
  std::vector<std::string> frames;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : bytes.size();
    const std::vector<char> slice(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                                  bytes.begin() + static_cast<std::ptrdiff_t>(to));
    std::string_view rest(slice.data(), slice.size());
    std::string_view frame;
    while (true) {
      const FrameReader::Progress progress = reader.next(framing, rest, frame);
      if (progress == FrameReader::Progress::more) break;
      if (progress == FrameReader::Progress::too_long) {
        frames.emplace_back("too long");
        return frames;
      }
      frames.emplace_back(frame);
    }
    EXPECT_TRUE(rest.empty());
    from = to;
  }
  return frames;
}

void expect_frames(const Framing& framing, const std::string& bytes,
                   const std::vector<std::string>& expected) {
  EXPECT_EQ(read(framing, bytes, {}), expected);
  std::vector<std::size_t> each;
  for (std::size_t i = 1; i < bytes.size(); ++i) each.push_back(i);
  EXPECT_EQ(read(framing, bytes, each), expected) << "byte by byte";
  Random random(1, bytes.size(), "slices");
  for (int round = 0; round < 50; ++round) {
    std::vector<std::size_t> cuts;
    for (int i = 0; i < 5; ++i) cuts.push_back(random.below(bytes.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    EXPECT_EQ(read(framing, bytes, cuts), expected) << "slices " << round;
  }
}

TEST(Framing, WritesWhatItReads) {
  for (const Framing& framing :
       {Framing{.kind = Kind::lines}, Framing{.kind = Kind::delimiter, .delimiter = "\r\n"},
        Framing{.kind = Kind::delimiter, .delimiter = "##"}, Framing{.kind = Kind::length2be},
        Framing{.kind = Kind::length4be}}) {
    std::string bytes;
    const std::vector<std::string> payloads = {"one", "", "x", "a longer message that goes on", "", "end"};
    for (const std::string& each : payloads) ASSERT_TRUE(append_frame(framing, each, bytes));
    expect_frames(framing, bytes, payloads);
  }
}

TEST(Framing, HasTheBytesThatItSays) {
  std::string out;
  ASSERT_TRUE(append_frame({.kind = Kind::lines}, "ab", out));
  ASSERT_TRUE(append_frame({.kind = Kind::length2be}, "cd", out));
  ASSERT_TRUE(append_frame({.kind = Kind::length4be}, "ef", out));
  ASSERT_TRUE(append_frame({.kind = Kind::delimiter, .delimiter = "##"}, "gh", out));
  ASSERT_TRUE(append_frame({.kind = Kind::none}, "ij", out));
  EXPECT_EQ(out, std::string("ab\n\0\x02"
                             "cd\0\0\0\x02"
                             "efgh##ij",
                             19));
}

TEST(Framing, LeavesOutTheCarriageReturnOfALine) {
  expect_frames({.kind = Kind::lines}, "a\r\nb\n\r\n\rc\n", {"a", "b", "", "\rc"});
}

TEST(Framing, RefusesWhatWouldEndAMessageEarly) {
  std::string out = "kept";
  EXPECT_FALSE(append_frame({.kind = Kind::lines}, "a\nb", out));
  EXPECT_FALSE(append_frame({.kind = Kind::delimiter, .delimiter = "##"}, "a#", out)) << "a### ends after a";
  EXPECT_FALSE(append_frame({.kind = Kind::length2be}, std::string(65536, 'x'), out));
  EXPECT_EQ(out, "kept");
  EXPECT_TRUE(append_frame({.kind = Kind::length2be}, std::string(65535, 'x'), out));
  EXPECT_TRUE(append_frame({.kind = Kind::delimiter, .delimiter = "#!"}, "a#", out));
}

TEST(Framing, ReadsADelimiterThatComesInParts) {
  expect_frames({.kind = Kind::delimiter, .delimiter = "<END>"}, "a<EN<END>b<<END><END>", {"a<EN", "b<", ""});
}

TEST(Framing, EndsAtAMessageThatIsTooLong) {
  expect_frames({.kind = Kind::lines, .frame_max = 5}, "12345\r\n12345\n123456\nx\n",
                {"12345", "12345", "123456", "x"});
  expect_frames({.kind = Kind::lines, .frame_max = 5}, "1\n1234567\n", {"1", "too long"});
  expect_frames({.kind = Kind::lines, .frame_max = 5}, "1\n1234567", {"1", "too long"});
  expect_frames({.kind = Kind::delimiter, .delimiter = "##", .frame_max = 5}, "12345##123456##",
                {"12345", "too long"});
  expect_frames({.kind = Kind::length2be, .frame_max = 5},
                std::string("\0\x05"
                            "12345"
                            "\0\x06"
                            "1",
                            10),
                {"12345", "too long"});
  expect_frames({.kind = Kind::length4be, .frame_max = 5}, "\xff\xff\xff\xff", {"too long"});
}

TEST(Framing, TakesWhatComesWhenThereIsNone) {
  EXPECT_EQ(read({.kind = Kind::none}, "abcdef", {2}), (std::vector<std::string>{"ab", "cdef"}));
}

}  // namespace
}  // namespace vfleet::codec::framing
