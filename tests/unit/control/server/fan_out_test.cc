#include "control/server/fan_out.h"

#include <gtest/gtest.h>

#include "simulator/core/clock.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;

class FanOutTest : public ::testing::Test {
 protected:
  std::uint64_t ask(std::vector<std::uint32_t> shards, std::optional<Duration> timeout = 5s) {
    FanOut::Ask ask;
    ask.name = "ls";
    ask.selector = "all";
    ask.after_seq = 12;
    ask.shards = std::move(shards);
    ask.timeout = timeout;
    ask.rows = [this](std::vector<api::JsonText> more) { rows.insert(rows.end(), more.begin(), more.end()); };
    ask.done = [this](std::vector<std::uint32_t> shards_silent) {
      ++done;
      silent = std::move(shards_silent);
    };
    return fan_out.ask(std::move(ask), clock.now());
  }

  ManualClock clock;
  std::vector<std::pair<std::uint32_t, bus::ToWorker>> sent;
  FanOut fan_out{
      [this](std::uint32_t shard, const bus::ToWorker& message) { sent.emplace_back(shard, message); }};
  std::vector<std::string> rows;
  std::vector<std::uint32_t> silent;
  int done = 0;
};

TEST_F(FanOutTest, GathersFromAll) {
  const std::uint64_t query = ask({0, 1});
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(std::get<bus::QueryRequest>(sent[0].second).after_seq, 12U);
  fan_out.answered(0, {query, {"a"}, false}, clock.now());
  fan_out.answered(1, {query, {"b"}, true}, clock.now());
  EXPECT_EQ(done, 0);
  fan_out.answered(0, {query, {"c"}, true}, clock.now());
  EXPECT_EQ(done, 1);
  EXPECT_EQ(rows, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(silent.empty());
}

TEST_F(FanOutTest, IgnoresWhoWasNotAsked) {
  const std::uint64_t query = ask({0});
  fan_out.answered(1, {query, {"x"}, true}, clock.now());
  fan_out.answered(0, {query + 1, {"x"}, true}, clock.now());
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(done, 0);
}

TEST_F(FanOutTest, SilenceCountsFromTheLastLifeSign) {
  const std::uint64_t query = ask({0, 1});
  clock.advance(4s);
  fan_out.answered(0, {query, {"a"}, false}, clock.now());
  clock.advance(4s);
  fan_out.tick(clock.now());
  EXPECT_EQ(done, 0);
  clock.advance(1s);
  fan_out.tick(clock.now());
  EXPECT_EQ(done, 1);
  EXPECT_EQ(silent, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(FanOutTest, ARestartedWorkerIsSilent) {
  const std::uint64_t query = ask({0, 1});
  fan_out.restarted(1);
  fan_out.answered(0, {query, {}, true}, clock.now());
  EXPECT_EQ(done, 1);
  EXPECT_EQ(silent, (std::vector<std::uint32_t>{1}));
}

TEST_F(FanOutTest, IsDoneAtOnceWithNobodyToAsk) {
  (void)ask({});
  EXPECT_EQ(done, 1);
}

TEST_F(FanOutTest, AStreamGoesOnUntilItIsCancelledAndReachesLateWorkers) {
  const std::uint64_t query = ask({0}, std::nullopt);
  clock.advance(1h);
  fan_out.tick(clock.now());
  fan_out.joined(1);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].first, 1U);
  fan_out.answered(1, {query, {"late"}, false}, clock.now());
  EXPECT_EQ(rows.size(), 1U);
  sent.clear();
  fan_out.cancel(query);
  EXPECT_EQ(sent.size(), 2U);
  EXPECT_EQ(done, 0);
  EXPECT_EQ(fan_out.size(), 0U);
}

}  // namespace
}  // namespace vfleet::control::server
