// A reader beside a writer that never stops. Under TSan this also shows that the cells need no lock.
#include <atomic>
#include <thread>

#include "tests/unit/board/board_fixture.h"

namespace vfleet::board {
namespace {

constexpr std::uint32_t kReportSent = cell_of(kReportFields, "sent");

// A value whose halves are equal: one that was torn is seen.
constexpr std::uint64_t both_halves(std::uint64_t n) {
  return n << 32U | n;
}
bool is_whole(std::uint64_t value) {
  return value >> 32U == (value & UINT32_MAX);
}

class Hammer {
 public:
  explicit Hammer(Board& board) : board_(board), thread_([this] { run(); }) {}
  ~Hammer() { end(); }
  void end() {
    stop_.store(true);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    for (std::uint64_t n = 1; !stop_.load(); n = (n + 1) & UINT32_MAX) {
      for (std::uint32_t i = 0; i < 64; ++i) board_.row(kReports, i)[kReportSent].set(both_halves(n));
      ++board_.cell(kShard, kSent);
      metrics::CellHistogram<kFineBits>(board_.row(kLateness)).record(static_cast<std::int64_t>(n % 5000));
    }
  }
  Board& board_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

template <class Look>
void look_while_written(Board& board, Look look) {
  Hammer hammer(board);
  std::uint64_t sent = 0;
  int moves = 0;
  for (int i = 0; i < 200 || moves < 3; ++i) {
    const Snapshot seen = look();
    for (std::uint32_t row = 0; row < 64; ++row) {
      ASSERT_TRUE(is_whole(seen.get(kReports, kReportSent, row))) << std::hex << seen.get(kReports, kReportSent, row);
    }
    ASSERT_GE(seen.shard_figure(kSent), sent);
    if (seen.shard_figure(kSent) > sent) ++moves;
    sent = seen.shard_figure(kSent);
    const metrics::Histogram lateness = seen.histogram(kLateness);
    ASSERT_LE(lateness.value_at_quantile(1), 5000U);
    std::this_thread::yield();
  }
  hammer.end();
  EXPECT_EQ(look().shard_figure(kSent), board.cell(kShard, kSent).get());
}

TEST_F(BoardFixture, AReaderOfTheFileSeesWholeNumbersThatOnlyRise) {
  Board board = make();
  look_while_written(board, [&] { return *read(board.path()); });
}

TEST_F(BoardFixture, AReaderOfTheSameMemorySeesWholeNumbersThatOnlyRise) {
  Board board = Board::in_memory();
  look_while_written(board, [&] { return Snapshot::of(board); });
}

}  // namespace
}  // namespace vfleet::board
