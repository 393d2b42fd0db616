#include "simulator/schedule/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "simulator/core/random.h"

namespace vfleet::schedule {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000h};

class Probe final : public Timer {
 public:
  explicit Probe(std::function<void(Probe&)> then) : then_(std::move(then)) {}
  void expire() override { then_(*this); }

 private:
  std::function<void(Probe&)> then_;
};

TEST(TimerWheel, NeverExpiresEarlyAndAtMostATickLate) {
  TimerWheel wheel(kStart);
  Random random(1, 1, "wheel");
  TimePoint now = kStart;
  std::deque<Probe> probes;
  std::map<Probe*, TimePoint> deadlines;
  int expired = 0;
  for (int i = 0; i < 20000; ++i) {
    Probe& probe = probes.emplace_back([&](Probe& self) {
      ++expired;
      EXPECT_GE(now, deadlines[&self]);
      EXPECT_LT(now, deadlines[&self] + 2ms);
    });
    // All levels: up to 2^(3..45) ns.
    deadlines[&probe] =
        kStart + Duration(static_cast<std::int64_t>(random.below(1ULL << (3 + random.below(43)))));
    wheel.arm(probe, deadlines[&probe]);
  }
  while (wheel.next_wake() != kNever) {
    ASSERT_GE(wheel.next_wake(), now);
    now = wheel.next_wake();
    wheel.advance(now);
  }
  EXPECT_EQ(expired, 20000);
}

TEST(TimerWheel, EqualDeadlinesExpireInTheOrderTheyWereArmed) {
  for (Duration ahead : {3ms, 300ms, 70000ms, 20000000ms}) {
    TimerWheel wheel(kStart);
    std::vector<int> order;
    std::deque<Probe> probes;
    const TimePoint deadline = kStart + ahead;
    // Armed from ever nearer: they enter the wheel on different levels.
    for (int i = 0; i < 10; ++i) {
      wheel.arm(probes.emplace_back([&order, i](Probe&) { order.push_back(i); }), deadline);
      wheel.advance(kStart + ahead * i / 10);
    }
    wheel.advance(deadline);
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  }
}

TEST(TimerWheel, OneThatIsPutOffExpiresOnceAndNeverBeforeItsLastDeadline) {
  for (Duration ahead : {3ms, 300ms, 70000ms, 20000000ms}) {
    TimerWheel wheel(kStart);
    TimePoint now = kStart;
    std::vector<TimePoint> expired;
    Probe probe([&](Probe&) { expired.push_back(now); });
    wheel.arm(probe, kStart + ahead);
    // Each answer gives the next one its time again.
    TimePoint deadline = kStart + ahead;
    while (now < kStart + 5 * ahead) {
      now += ahead / 3;
      deadline = now + ahead;
      wheel.arm(probe, deadline);
      wheel.advance(now);
      ASSERT_TRUE(probe.armed());
    }
    EXPECT_TRUE(expired.empty());
    while (wheel.next_wake() != kNever) {
      now = wheel.next_wake();
      wheel.advance(now);
    }
    ASSERT_EQ(expired.size(), 1u);
    EXPECT_GE(expired[0], deadline);
    EXPECT_LT(expired[0], deadline + 2ms);
  }
}

TEST(TimerWheel, OneThatWasPutOffCanBeDrawnNearerAgain) {
  TimerWheel wheel(kStart);
  TimePoint now = kStart;
  TimePoint expired = kNever;
  Probe probe([&](Probe&) { expired = now; });
  wheel.arm(probe, kStart + 100ms);
  wheel.arm(probe, kStart + 1h);
  wheel.arm(probe, kStart + 50ms);
  now = kStart + 49ms;
  wheel.advance(now);
  EXPECT_EQ(expired, kNever);
  now = kStart + 50ms;
  wheel.advance(now);
  EXPECT_EQ(expired, now);
  // What was put off and cancelled is armed as if it were new.
  wheel.arm(probe, now + 10ms);
  wheel.arm(probe, now + 1h);
  probe.cancel();
  wheel.arm(probe, now + 20ms);
  now += 20ms;
  wheel.advance(now);
  EXPECT_EQ(expired, now);
}

TEST(TimerWheel, OneThatIsPutOffWhileItsTickIsServedWaits) {
  TimerWheel wheel(kStart);
  std::vector<int> order;
  Probe second([&](Probe&) { order.push_back(2); });
  Probe first([&](Probe&) {
    order.push_back(1);
    wheel.arm(second, kStart + 9ms);
  });
  wheel.arm(first, kStart + 5ms);
  wheel.arm(second, kStart + 5ms);
  wheel.advance(kStart + 5ms);
  EXPECT_EQ(order, (std::vector<int>{1}));
  EXPECT_TRUE(second.armed());
  wheel.advance(kStart + 8ms);
  EXPECT_EQ(order, (std::vector<int>{1}));
  wheel.advance(kStart + 9ms);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(TimerWheel, ATimerThatArmsItselfAgainDoesNotHoldTheLoop) {
  TimerWheel wheel(kStart);
  int count = 0;
  Probe probe([&](Probe& self) {
    ++count;
    wheel.arm(self, kStart);  // always in the past
  });
  wheel.arm(probe, kStart);
  EXPECT_FALSE(wheel.advance(kStart + 100ms));
  EXPECT_LE(count, 100);
  EXPECT_GT(count, 0);
}

TEST(TimerWheel, ABudgetLeavesTheRestForTheNextCall) {
  TimerWheel wheel(kStart);
  std::vector<int> order;
  std::deque<Probe> probes;
  for (int i = 0; i < 10; ++i)
    wheel.arm(probes.emplace_back([&order, i](Probe&) { order.push_back(i); }), kStart + 1ms);
  EXPECT_TRUE(wheel.advance(kStart + 1ms, 4));
  EXPECT_EQ(order.size(), 4u);
  EXPECT_LE(wheel.next_wake(), kStart + 1ms);
  EXPECT_FALSE(wheel.advance(kStart + 1ms, 100));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(TimerWheel, TimersMayCancelAndDestroyEachOther) {
  TimerWheel wheel(kStart);
  int expired = 0;
  auto victim = std::make_unique<Probe>([&](Probe&) { ADD_FAILURE() << "was destroyed"; });
  Probe cancelled([&](Probe&) { ADD_FAILURE() << "was cancelled"; });
  Probe killer([&](Probe&) {
    ++expired;
    victim.reset();
    cancelled.cancel();
  });
  wheel.arm(killer, kStart + 5ms);
  wheel.arm(*victim, kStart + 5ms);
  wheel.arm(cancelled, kStart + 5ms);
  wheel.advance(kStart + 10ms);
  EXPECT_EQ(expired, 1);
  EXPECT_FALSE(cancelled.armed());
}

TEST(TimerWheel, AgreesWithASortedListUnderRandomUse) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, 0, "oracle");
    TimerWheel wheel(kStart);
    TimePoint now = kStart;
    std::deque<Probe> probes;
    std::map<const Timer*, TimePoint> model;
    for (int i = 0; i < 50; ++i) {
      probes.emplace_back([&](Probe& self) {
        ASSERT_TRUE(model.contains(&self));
        EXPECT_LE(model[&self], now);
        model.erase(&self);
      });
    }
    for (int step = 0; step < 3000; ++step) {
      Probe& probe = probes[random.below(probes.size())];
      switch (random.below(4)) {
        case 0:
          probe.cancel();
          model.erase(&probe);
          break;
        case 1:
          now += Duration(static_cast<std::int64_t>(random.below(1ULL << (10 + random.below(32)))));
          wheel.advance(now);
          for (const auto& [timer, deadline] : model) ASSERT_GT(deadline + 1ms, now);
          break;
        default:
          model[&probe] =
              now + Duration(static_cast<std::int64_t>(random.below(1ULL << (10 + random.below(40)))));
          wheel.arm(probe, model[&probe]);
      }
    }
  }
}

}  // namespace
}  // namespace vfleet::schedule
