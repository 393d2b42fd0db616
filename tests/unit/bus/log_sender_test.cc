#include "simulator/bus/log_sender.h"

#include <gtest/gtest.h>

namespace vfleet::bus {
namespace {

using namespace std::chrono_literals;

class LogSenderTest : public ::testing::Test {
 protected:
  void lines(int count) {
    for (int i = 0; i < count; ++i) ring_.push(0, log::Level::info, "", "line");
  }
  /// Sends what may go; the last seq that went, 0 for none.
  std::uint64_t send_all() {
    std::uint64_t last = 0;
    while (const auto batch = sender_.next(3, now_)) {
      EXPECT_LE(batch->lines.size(), LogSender::kBatchLines);
      EXPECT_EQ(batch->boot, 3u);
      sender_.sent(*batch, now_);
      last = batch->lines.back().seq;
    }
    return last;
  }
  log::LineRing ring_;
  LogSender sender_{ring_};
  TimePoint now_{1h};
};

TEST_F(LogSenderTest, SendsEachLineOnce) {
  lines(10);
  EXPECT_EQ(send_all(), 10u);
  EXPECT_EQ(send_all(), 0u);
  lines(1);
  EXPECT_EQ(sender_.next(3, now_)->lines.front().seq, 11u);
}

TEST_F(LogSenderTest, StopsWhenTooMuchIsOnTheWay) {
  lines(8000);
  EXPECT_EQ(send_all(), LogSender::kWindow);
  sender_.confirmed({.boot = 3, .seq = 1000}, 3, now_);
  EXPECT_EQ(ring_.size(), 7000u);
  EXPECT_GT(send_all(), LogSender::kWindow);
}

TEST_F(LogSenderTest, SendsAgainWhatIsNotConfirmedInTime) {
  lines(10);
  EXPECT_EQ(send_all(), 10u);
  now_ += LogSender::kConfirmWithin;
  EXPECT_EQ(sender_.next(3, now_)->lines.front().seq, 1u);
}

TEST_F(LogSenderTest, ANewControlGetsWhatTheOldOneDidNotConfirm) {
  lines(10);
  EXPECT_EQ(send_all(), 10u);
  sender_.confirmed({.boot = 3, .seq = 4}, 3, now_);
  sender_.restart();
  EXPECT_EQ(sender_.next(3, now_)->lines.front().seq, 5u);
}

TEST_F(LogSenderTest, AConfirmationOfAnotherLifeOrFromTheFutureChangesNothing) {
  lines(10);
  EXPECT_EQ(send_all(), 10u);
  sender_.confirmed({.boot = 2, .seq = 10}, 3, now_);
  sender_.confirmed({.boot = 3, .seq = 11}, 3, now_);
  EXPECT_EQ(ring_.size(), 10u);
}

TEST_F(LogSenderTest, LastWordsGoWhateverIsOnTheWay) {
  lines(3000);
  EXPECT_EQ(send_all(), LogSender::kWindow);
  EXPECT_FALSE(sender_.next(3, now_));
  EXPECT_TRUE(sender_.next(3, now_, true));
}

}  // namespace
}  // namespace vfleet::bus
