#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "simulator/loop/virtual_loop.h"
#include "simulator/net/backoff.h"
#include "simulator/net/connect_gate.h"
#include "simulator/net/connection_pacer.h"
#include "simulator/net/endpoint.h"
#include "simulator/net/ramp.h"
#include "simulator/net/source_addresses.h"

namespace vfleet::net {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST(BackoffPolicy, DoublesItsCeilingUpToTheMaximum) {
  const BackoffPolicy policy{100ms, 1s};
  EXPECT_EQ(policy.ceiling(1), 100ms);
  EXPECT_EQ(policy.ceiling(2), 200ms);
  EXPECT_EQ(policy.ceiling(4), 800ms);
  EXPECT_EQ(policy.ceiling(5), 1s);
  EXPECT_EQ(policy.ceiling(200), 1s);
}

TEST(BackoffPolicy, KeepsTheMaximumWhenFirstIsLonger) {
  EXPECT_EQ((BackoffPolicy{5s, 1s}).ceiling(1), 1s);
}

TEST(BackoffPolicy, DoesNotOverflow) {
  const BackoffPolicy policy{1ms, Duration::max()};
  EXPECT_EQ(policy.ceiling(255), Duration::max());
}

TEST(BackoffPolicy, SpreadsTheDelayOverTheWholeCeiling) {
  const BackoffPolicy policy{1s, 30s};
  Random random(1, 2, "backoff");
  Duration sum{0};
  Duration least = 1h;
  Duration most{0};
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = policy.delay(1, random);
    EXPECT_GE(delay, 0s);
    EXPECT_LE(delay, 1s);
    sum += delay;
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_NEAR(to_seconds(sum) / 1000, 0.5, 0.05);
  EXPECT_LT(least, 50ms);
  EXPECT_GT(most, 950ms);
}

TEST(BackoffPolicy, DrawsTheSameDelaysFromTheSameSeed) {
  const BackoffPolicy policy{1s, 30s};
  Random a(1, 2, "backoff");
  Random b(1, 2, "backoff");
  for (unsigned i = 1; i < 20; ++i) EXPECT_EQ(policy.delay(i, a), policy.delay(i, b));
}

TEST(ConnectionPacer, LetsNoMoreThanItsRateStart) {
  ConnectionPacer pacer({.rate = 50, .in_flight = 1000});
  int started = 0;
  for (TimePoint now = kStart; now < kStart + 10s; now += 1ms) {
    while (pacer.try_start(now)) ++started;
  }
  EXPECT_EQ(started, 500);
}

TEST(ConnectionPacer, AllowsABurstOfTenMilliseconds) {
  ConnectionPacer pacer({.rate = 1000, .in_flight = 1000});
  int started = 0;
  while (pacer.try_start(kStart)) ++started;
  EXPECT_EQ(started, 10);
  EXPECT_EQ(pacer.next_start(kStart), kStart + 1ms);
}

TEST(ConnectionPacer, DoesNotSaveUpTokensWhileIdle) {
  ConnectionPacer pacer({.rate = 1000, .in_flight = 1000});
  EXPECT_TRUE(pacer.try_start(kStart));
  int started = 0;
  while (pacer.try_start(kStart + 1h)) ++started;
  EXPECT_EQ(started, 10);
}

TEST(ConnectionPacer, HoldsBackWhenEveryPlaceIsTaken) {
  ConnectionPacer pacer({.rate = 1e6, .in_flight = 2});
  EXPECT_TRUE(pacer.try_start(kStart));
  EXPECT_TRUE(pacer.try_start(kStart));
  EXPECT_FALSE(pacer.try_start(kStart + 1s));
  EXPECT_EQ(pacer.next_start(kStart + 1s), kNever);
  pacer.finished();
  EXPECT_EQ(pacer.in_flight(), 1u);
  EXPECT_TRUE(pacer.try_start(kStart + 1s));
}

TEST(ConnectionPacer, StartsAtTheTimeItNames) {
  ConnectionPacer pacer({.rate = 3, .in_flight = 10});
  TimePoint now = kStart;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(pacer.try_start(now)) << i;
    const TimePoint next = pacer.next_start(now);
    EXPECT_FALSE(pacer.try_start(next - 1ns));
    now = next;
  }
}

TEST(ConnectionPacer, FollowsItsRampFromTheFirstAttemptOn) {
  ConnectionPacer pacer(
      {.rate = 1, .in_flight = 10000, .ramp = *Ramp::parse("0s:0, 10s:100, 20s:100, 20001ms:10")});
  std::vector<int> started;
  int count = 0;
  for (TimePoint now = kStart; now < kStart + 30s; now += 1ms) {
    if ((now - kStart) % 5s == 0s) started.push_back(count);
    while (pacer.try_start(now)) ++count;
  }
  // The integral: 5 t^2 for ten seconds, then 100 a second, then 10 a second.
  ASSERT_EQ(started.size(), 6u);
  EXPECT_NEAR(started[1], 125, 1);
  EXPECT_NEAR(started[2], 500, 1);
  EXPECT_NEAR(started[4], 1500, 1);
  EXPECT_NEAR(count, 1600, 2);
}

TEST(ConnectionPacer, StartsAtTheTimeItNamesOnARamp) {
  ConnectionPacer pacer({.rate = 1, .in_flight = 10000, .ramp = *Ramp::parse("0s:1, 60s:60")});
  TimePoint now = kStart;
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pacer.try_start(now)) << i;
    const TimePoint next = pacer.next_start(now);
    ASSERT_GT(next, now);
    ASSERT_FALSE(pacer.try_start(next - 1us)) << i;
    now = next;
  }
}

TEST(Ramp, ReadsPointsAndDrawsStraightLinesBetweenThem) {
  const auto ramp = Ramp::parse("5s:100, 10s:200/s ,1min: 1200/min");
  ASSERT_TRUE(ramp) << ramp.error().detail;
  EXPECT_EQ(ramp->rate(0s), 100);
  EXPECT_EQ(ramp->rate(7500ms), 150);
  EXPECT_EQ(ramp->rate(10s), 200);
  EXPECT_EQ(ramp->rate(1h), 20);
  EXPECT_TRUE(Ramp::parse("")->empty());
}

TEST(Ramp, RefusesWhatIsNoRampAndSaysWhy) {
  for (const char* text :
       {"100", "0s", "0s:", "x:1", "0s:x", "1s:1, 1s:2", "2s:1, 1s:2", "0s:-1", "0s:1e9", "0s:5, 9s:0"}) {
    const auto ramp = Ramp::parse(text);
    ASSERT_FALSE(ramp) << text;
    EXPECT_NE(ramp.error().detail.find(text), std::string::npos);
  }
}

TEST(Ramp, IsCappedWithACornerWhereItCrossesTheCap) {
  const Ramp ramp = Ramp::parse("0s:0, 10s:100, 20s:0, 30s:50")->capped(50);
  EXPECT_EQ(ramp, *Ramp::parse("0s:0, 5s:50, 10s:50, 15s:50, 20s:0, 30s:50"));
}

TEST(SourceAddresses, ReadsAddressesAndRanges) {
  const auto found = parse_sources({"127.0.0.254-127.0.1.1", "::1", "10.0.0.1"});
  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_EQ(found->size(), 6u);
  EXPECT_EQ((*found)[2], *parse_address("127.0.1.0", 0));
  EXPECT_EQ((*found)[4], *parse_address("::1", 0));
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"x"},
                                             {""},
                                             {"10.0.0.1-"},
                                             {"10.0.0.2-10.0.0.1"},
                                             {"10.0.0.1-::1"},
                                             {"10.0.0.0-10.1.0.0"},
                                             {"10.0.0.1", "10.0.0.0-10.0.0.3"}}) {
    EXPECT_FALSE(parse_sources(wrong)) << wrong.front();
  }
}

TEST(SourceAddresses, GoRoundAndLeaveFullOnesAloneForAWhile) {
  SourceAddresses addresses(*parse_sources({"127.0.0.1-127.0.0.3", "::1"}));
  EXPECT_EQ(addresses.next(false, kStart), 0u);
  EXPECT_EQ(addresses.next(false, kStart), 1u);
  addresses.full(2, kStart);
  EXPECT_EQ(addresses.next(false, kStart), 0u);
  EXPECT_EQ(addresses.next(true, kStart), 3u);
  addresses.full(0, kStart);
  addresses.full(1, kStart);
  EXPECT_EQ(addresses.next(false, kStart), std::nullopt);
  EXPECT_TRUE(addresses.next(false, kStart + SourceAddresses::kPause).has_value());
}

struct Attempt : Waiter {
  Attempt(std::vector<int>& admitted_order, int own_number) : order(admitted_order), number(own_number) {}
  void admitted() override {
    order.push_back(number);
    if (ends_at_once) leave();
  }
  using Waiter::leave;
  std::vector<int>& order;
  int number;
  bool ends_at_once = false;
};

struct ConnectGateTest : testing::Test {
  std::unique_ptr<Attempt>& attempt(int number) {
    return attempts.emplace_back(std::make_unique<Attempt>(order, number));
  }
  void wait(int number) { gate->wait(*attempt(number)); }
  loop::VirtualLoop loop;
  std::optional<ConnectGate> gate;
  std::vector<int> order;
  std::vector<std::unique_ptr<Attempt>> attempts;
};

TEST_F(ConnectGateTest, AdmitsInTheOrderOfComingAtTheGivenRate) {
  gate.emplace(loop, PacerLimits{.rate = 100, .in_flight = 1000});
  for (int i = 0; i < 50; ++i) wait(i);
  EXPECT_EQ(order.size(), 1u);
  loop.run_for(205ms);
  EXPECT_EQ(order.size(), 21u);
  loop.run_for(1s);
  ASSERT_EQ(order.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(ConnectGateTest, GivesOnThePlaceThatOneGaveBack) {
  gate.emplace(loop, PacerLimits{.rate = 1e6, .in_flight = 1});
  for (int i = 0; i < 3; ++i) wait(i);
  loop.run_for(1s);
  EXPECT_EQ(order, (std::vector<int>{0}));
  attempts[0]->leave();
  loop.run_for(1ms);
  EXPECT_EQ(order, (std::vector<int>{0, 1}));
  attempts[1].reset();
  loop.run_for(1ms);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST_F(ConnectGateTest, ForgetsOneThatLeavesBeforeItsTurn) {
  gate.emplace(loop, PacerLimits{.rate = 1e6, .in_flight = 1});
  for (int i = 0; i < 3; ++i) wait(i);
  attempts[1].reset();
  attempts[0]->leave();
  loop.run_for(1ms);
  EXPECT_EQ(order, (std::vector<int>{0, 2}));
}

TEST_F(ConnectGateTest, GoesOnWhenAttemptsEndWithinTheirAdmission) {
  gate.emplace(loop, PacerLimits{.rate = 1e6, .in_flight = 1});
  for (int i = 0; i < 100; ++i) {
    attempt(i)->ends_at_once = true;
    gate->wait(*attempts.back());
  }
  loop.run_for(10ms);
  EXPECT_EQ(order.size(), 100u);
}

TEST_F(ConnectGateTest, MayGoBeforeThoseWhoWaitInIt) {
  gate.emplace(loop, PacerLimits{.rate = 1, .in_flight = 10});
  for (int i = 0; i < 3; ++i) wait(i);
  attempts[0]->leave();
  gate.reset();
  loop.run_for(10s);
  EXPECT_EQ(order, (std::vector<int>{0}));
}

/// Time passes in it while something is done.
class BusyLoop final : public loop::EventLoop {
 public:
  [[nodiscard]] const Clock& clock() const override { return clock_; }
  [[nodiscard]] schedule::TimerWheel& timers() override { return wheel_; }
  void post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void work(Duration time) { clock_.advance(time); }
  /// Until there is nothing more to do.
  void run() {
    for (; !tasks_.empty(); wheel_.advance(clock_.now())) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

 private:
  ManualClock clock_;
  schedule::TimerWheel wheel_{clock_.now()};
  std::deque<std::function<void()>> tasks_;
};

TEST(ConnectGateTurns, AttemptsThatAreDearToStartLetOthersHaveTheirTurn) {
  struct Dear : Waiter {
    Dear(BusyLoop& busy, int& all) : loop(busy), started(all) {}
    void admitted() override {
      ++started;
      loop.work(1ms);  // reads a certificate and its key
    }
    BusyLoop& loop;
    int& started;
  };
  BusyLoop loop;
  ConnectGate gate(loop, {.rate = 1e6, .in_flight = 100});
  int started = 0;
  std::vector<std::unique_ptr<Dear>> attempts;
  for (int i = 0; i < 20; ++i) gate.wait(*attempts.emplace_back(std::make_unique<Dear>(loop, started)));
  EXPECT_EQ(started, 1) << "the others come in later turns";
  std::vector<int> seen;  // by who has something else to do
  std::function<void()> other = [&] {
    seen.push_back(started);
    if (started < 20) loop.post(other);
  };
  loop.post(other);
  loop.run();
  ASSERT_EQ(started, 20);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<int>(i) + 2);
}

TEST(ParseAddress, ReadsBothFamiliesAndLeavesNamesAlone) {
  const auto v4 = parse_address("127.0.0.1", 80);
  ASSERT_TRUE(v4);
  EXPECT_FALSE(v4->v6);
  EXPECT_EQ(v4->address[0], 127);
  EXPECT_EQ(v4->port, 80);
  const auto v6 = parse_address("::1", 8080);
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->v6);
  EXPECT_EQ(v6->address[15], 1);
  EXPECT_FALSE(parse_address("localhost", 80));
  EXPECT_FALSE(parse_address("300.1.1.1", 80));
  EXPECT_FALSE(parse_address("", 80));
}

}  // namespace
}  // namespace vfleet::net
