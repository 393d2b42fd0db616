#include "simulator/child/line_splitter.h"

#include <gtest/gtest.h>

#include <vector>

#include "simulator/core/random.h"

namespace vfleet::child {
namespace {

std::vector<std::string> take(LineSplitter& lines) {
  std::vector<std::string> out;
  while (const auto line = lines.next()) out.emplace_back(*line);
  return out;
}

using Lines = std::vector<std::string>;

TEST(LineSplitter, GivesWholeLinesWithoutTheirEnds) {
  LineSplitter lines(100);
  lines.feed("one\ntwo\r\n\nthr");
  EXPECT_EQ(take(lines), (Lines{"one", "two", ""}));
  EXPECT_EQ(lines.rest(), "thr");
  lines.feed("ee\n");
  EXPECT_EQ(take(lines), Lines{"three"});
}

TEST(LineSplitter, DropsALineThatIsTooLongAndGoesOnWithTheNext) {
  LineSplitter lines(5);
  lines.feed("12345\n123456\n1\n");
  EXPECT_EQ(take(lines), (Lines{"12345", "1"}));
  EXPECT_EQ(lines.too_long(), 1u);
  for (int i = 0; i < 1000; ++i) {
    lines.feed("endless");
    EXPECT_FALSE(lines.next());
    EXPECT_LE(lines.buffered_bytes(), 12u);
  }
  lines.feed("...\nshort\n");
  EXPECT_EQ(take(lines), Lines{"short"});
  EXPECT_EQ(lines.too_long(), 2u);
}

TEST(LineSplitter, GivesTheSameLinesWhateverThePieces) {
  const std::string text = "a\nbb\r\nccccccccccccccc\n\n{\"x\":1}\nend\n";
  LineSplitter whole(10);
  whole.feed(text);
  const Lines expected = take(whole);
  Random random(1, 2, "pieces");
  for (int round = 0; round < 200; ++round) {
    LineSplitter lines(10);
    Lines got;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t piece = 1 + random.below(7);
      lines.feed(std::string_view(text).substr(at, piece));
      at += piece;
      const Lines more = take(lines);
      got.insert(got.end(), more.begin(), more.end());
    }
    EXPECT_EQ(got, expected);
    EXPECT_EQ(lines.too_long(), 1u);
  }
}

TEST(LineSplitter, ClearForgetsHalfALine) {
  LineSplitter lines(5);
  lines.feed("half, and too long");
  EXPECT_FALSE(lines.next());
  lines.clear();
  lines.feed("new\n");
  EXPECT_EQ(take(lines), Lines{"new"});
}

}  // namespace
}  // namespace vfleet::child
