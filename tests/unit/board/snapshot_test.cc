#include "simulator/board/snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>
#include "simulator/board/figures_json.h"
#include "tests/unit/board/board_fixture.h"

namespace vfleet::board {
namespace {

std::vector<std::byte> bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::byte> out(text.size());
  std::memcpy(out.data(), text.data(), text.size());
  return out;
}

class BoardBytes : public BoardFixture {
 protected:
  BoardBytes() { bytes = bytes_of(make(1).path()); }
  void put(std::uint32_t header_cell, std::uint64_t value) {
    std::memcpy(bytes.data() + std::size_t{header_cell} * 8, &value, 8);
  }
  [[nodiscard]] std::string why() const {
    const auto parsed = Snapshot::parse(bytes);
    return parsed ? "" : parsed.error().detail;
  }
  std::vector<std::byte> bytes;
};

TEST_F(BoardBytes, AreAcceptedAsWritten) {
  EXPECT_EQ(why(), "");
}

TEST_F(BoardBytes, OfAnotherMagicAreNoBoard) {
  put(cell_of(kHeaderFields, "magic"), 0);
  EXPECT_EQ(why(), "no board: another magic");
}

TEST_F(BoardBytes, OfAnotherLayoutSayThatTheyAreOfAnotherVersion) {
  put(cell_of(kHeaderFields, "layout"), layout_hash() + 1);
  EXPECT_EQ(why(), "a board of another version of vfleet");
  EXPECT_EQ(Snapshot::parse(bytes).error().code, Errc::invalid_argument);
}

TEST_F(BoardBytes, ThatLieAboutTheirSizeAreRefused) {
  put(cell_of(kHeaderFields, "size"), kBoardBytes * 2);
  EXPECT_EQ(why(), "the board is not as long as it says");
  bytes.resize(bytes.size() * 2);
  EXPECT_EQ(why(), "the board is not as long as it says");
}

TEST_F(BoardBytes, ThatAreCutAnywhereAreRefused) {
  for (std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{100},
                           std::size_t{4096}, kMainBytes - 8, kMainBytes + 8, kBoardBytes - 1}) {
    EXPECT_FALSE(Snapshot::parse(std::span(bytes).first(size))) << size;
  }
}

TEST_F(BoardBytes, WithAHeaderThatCannotBeAreRefused) {
  for (const std::uint32_t cell :
       {cell_of(kHeaderFields, "shard"), cell_of(kHeaderFields, "pid"), cell_of(kHeaderFields, "state"),
        cell_of(kHeaderFields, "latency_rows")}) {
    const std::vector<std::byte> good = bytes;
    put(cell, UINT64_MAX);
    EXPECT_EQ(why(), "the board's header does not hold together") << cell;
    bytes = good;
  }
}

TEST_F(BoardBytes, WithAnyFiguresAreShownWithoutHarm) {
  std::memset(bytes.data() + std::size_t{kAreas[kProcess].first} * 8, 0xff,
              bytes.size() - std::size_t{kAreas[kProcess].first} * 8);
  put(cell_of(kHeaderFields, "latency_rows"), 2);
  const auto parsed = Snapshot::parse(bytes);
  ASSERT_TRUE(parsed);
  const auto replace = nlohmann::json::error_handler_t::replace;
  EXPECT_GT(statistics(*parsed).dump(-1, ' ', false, replace).size(), 100U);
  EXPECT_GT(dump(*parsed).dump(-1, ' ', false, replace).size(), 100U);
  EXPECT_EQ(parsed->latencies().size(), 2U);
}

TEST_F(BoardFixture, AFileThatShrinksUnderTheReaderIsAnError) {
  const Board board = make();
  const std::string copy = run_dir + "/cut.board";
  std::filesystem::copy_file(board.path(), copy);
  ASSERT_TRUE(read(copy));
  for (const off_t size : {off_t{kBoardBytes} - 8, off_t{kMainBytes + kLatencyBytes}, off_t{kMainBytes}, off_t{4096}, off_t{1}, off_t{0}}) {
    ASSERT_EQ(::truncate(copy.c_str(), size), 0);
    const auto seen = read(copy);
    ASSERT_FALSE(seen) << size;
    EXPECT_EQ(seen.error().code, Errc::malformed);
  }
}

TEST_F(BoardFixture, WhatIsNoRegularFileIsAnErrorAndNoWait) {
  EXPECT_EQ(read(run_dir).error().code, Errc::unavailable);
  EXPECT_EQ(read(run_dir + "/nothing").error().code, Errc::not_found);
  const std::string pipe = run_dir + "/pipe.board";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read(pipe).error().code, Errc::unavailable);
}

TEST_F(BoardFixture, AHalfWrittenCountStillAddsUp) {
  Board board = make();
  // As a writer leaves it that was killed between two stores: the sum is there, the bucket is not, and the
  // other way round.
  metrics::CellHistogram<kFineBits> lateness(board.row(kLateness));
  lateness.record(10);
  board.row(kLateness)[0] += 20'000;
  board.row(kLateness)[1].set(20'000);
  const metrics::Histogram histogram = read(board.path())->histogram(kLateness);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max(), 10U);
  EXPECT_EQ(histogram.value_at_quantile(0.99), 10U);
}

}  // namespace
}  // namespace vfleet::board
