#include "simulator/log/line_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace vfleet::log {
namespace {

std::vector<std::uint64_t> seqs(const std::vector<Line>& lines) {
  std::vector<std::uint64_t> out;
  for (const Line& line : lines) out.push_back(line.seq);
  return out;
}

TEST(LineRing, NumbersLinesFromOneWithoutHoles) {
  LineRing ring;
  for (int i = 0; i < 5; ++i) ring.push(i, Level::info, "pile-1", "line");
  EXPECT_EQ(seqs(ring.after(0, 100, 1 << 20)), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(seqs(ring.after(3, 100, 1 << 20)), (std::vector<std::uint64_t>{4, 5}));
  EXPECT_EQ(seqs(ring.after(1, 2, 1 << 20)), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_TRUE(ring.after(5, 100, 1 << 20).empty());
}

TEST(LineRing, TheOldestFallOutAndTheirNumbersAreMissing) {
  LineRing ring({.lines = 3, .bytes = 1 << 20});
  for (int i = 0; i < 10; ++i) ring.push(0, Level::info, "", "line");
  EXPECT_EQ(seqs(ring.after(0, 100, 1 << 20)), (std::vector<std::uint64_t>{8, 9, 10}));
  EXPECT_EQ(ring.fallen_out(), 7u);
  EXPECT_EQ(ring.last_seq(), 10u);
}

TEST(LineRing, BytesAreBoundedToo) {
  LineRing ring({.lines = 1000, .bytes = 10'000});
  for (int i = 0; i < 100; ++i) ring.push(0, Level::info, "", std::string(1000, 'x'));
  EXPECT_LT(ring.size(), 10u);
  EXPECT_GT(ring.size(), 5u);
  ring.push(0, Level::info, "", std::string(16'000, 'x'));
  EXPECT_EQ(ring.size(), 1u) << "the newest line stays, however long it is";
}

TEST(LineRing, ConfirmedLinesAreForgotten) {
  LineRing ring;
  for (int i = 0; i < 5; ++i) ring.push(0, Level::info, "", "line");
  ring.confirm(3);
  EXPECT_EQ(seqs(ring.after(0, 100, 1 << 20)), (std::vector<std::uint64_t>{4, 5}));
  ring.confirm(5);
  EXPECT_EQ(ring.size(), 0u);
  ring.push(0, Level::info, "", "line");
  EXPECT_EQ(seqs(ring.after(5, 100, 1 << 20)), (std::vector<std::uint64_t>{6}));
  EXPECT_EQ(ring.fallen_out(), 0u);
}

TEST(LineRing, ABatchIsBoundedByBytesButNeverEmpty) {
  LineRing ring;
  for (int i = 0; i < 5; ++i) ring.push(0, Level::info, "", std::string(1000, 'x'));
  EXPECT_EQ(ring.after(0, 100, 1).size(), 1u);
  EXPECT_EQ(ring.after(0, 100, 3500).size(), 3u);
}

TEST(LineRing, ManyThreadsLoseNoNumber) {
  LineRing ring;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&ring] {
      for (int i = 0; i < 500; ++i) ring.push(0, Level::info, "", "line");
    });
  }
  for (std::thread& each : threads) each.join();
  const auto lines = ring.after(0, 10'000, 100 << 20);
  ASSERT_EQ(lines.size(), 2000u);
  for (std::size_t i = 0; i < lines.size(); ++i) ASSERT_EQ(lines[i].seq, i + 1);
}

}  // namespace
}  // namespace vfleet::log
