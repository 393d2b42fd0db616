#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "simulator/loop/virtual_loop.h"
#include "simulator/net/backoff.h"
#include "simulator/net/connect_gate.h"
#include "simulator/net/connection_pacer.h"
#include "simulator/net/endpoint.h"

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
