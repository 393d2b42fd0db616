#include "simulator/loop/event_loop.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "simulator/loop/asio_loop.h"
#include "simulator/loop/virtual_loop.h"

namespace vfleet::loop {
namespace {

using namespace std::chrono_literals;

// One contract for both loops: how to build one, and how to run it until a condition holds.
struct RealDriver {
  RealClock clock;
  AsioLoop loop{clock};
  bool run_until(const std::function<bool()>& done) {
    bool timed_out = false;
    CallbackTimer guard(loop, [&] {
      timed_out = true;
      loop.stop();
    });
    std::function<void()> look = [&] {
      if (done()) return loop.stop();
      loop.post(look);
    };
    guard.arm_in(10s);
    loop.post(look);
    loop.run();
    return !timed_out;
  }
};

struct VirtualDriver {
  VirtualLoop loop;
  bool run_until(const std::function<bool()>& done) { return loop.run_until(done, 10s); }
};

template <class Driver>
class EventLoopContract : public testing::Test {
 protected:
  Driver driver;
};
using Drivers = testing::Types<RealDriver, VirtualDriver>;
TYPED_TEST_SUITE(EventLoopContract, Drivers);

TYPED_TEST(EventLoopContract, TimersFireInTheOrderOfTheirDeadlines) {
  std::vector<int> order;
  auto& loop = this->driver.loop;
  CallbackTimer late(loop, [&] { order.push_back(3); });
  CallbackTimer early(loop, [&] { order.push_back(1); });
  CallbackTimer middle(loop, [&] { order.push_back(2); });
  late.arm_in(30ms);
  early.arm_in(5ms);
  middle.arm_in(15ms);
  ASSERT_TRUE(this->driver.run_until([&] { return order.size() == 3; }));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TYPED_TEST(EventLoopContract, NoTimerFiresBeforeItsDeadline) {
  auto& loop = this->driver.loop;
  const TimePoint deadline = loop.now() + 20ms;
  TimePoint fired = kNever;
  CallbackTimer timer(loop, [&] { fired = loop.now(); });
  timer.arm_at(deadline);
  ASSERT_TRUE(this->driver.run_until([&] { return fired != kNever; }));
  EXPECT_GE(fired, deadline);
}

TYPED_TEST(EventLoopContract, PostedTasksRunInOrderAndMayPost) {
  std::string order;
  auto& loop = this->driver.loop;
  loop.post([&] {
    order += 'a';
    loop.post([&] { order += 'c'; });
  });
  loop.post([&] { order += 'b'; });
  ASSERT_TRUE(this->driver.run_until([&] { return order.size() == 3; }));
  EXPECT_EQ(order, "abc");
}

TYPED_TEST(EventLoopContract, ADestroyedTimerDoesNotFire) {
  auto& loop = this->driver.loop;
  auto timer = std::make_unique<CallbackTimer>(loop, [] { ADD_FAILURE() << "fired"; });
  timer->arm_in(5ms);
  timer.reset();
  bool later = false;
  CallbackTimer after(loop, [&] { later = true; });
  after.arm_in(20ms);
  EXPECT_TRUE(this->driver.run_until([&] { return later; }));
}

TEST(VirtualLoop, AnHourPassesAtOnceAndTheWallClockGoesAlong) {
  VirtualLoop loop;
  const WallTime wall = loop.clock().wall_now();
  int ticks = 0;
  CallbackTimer timer(loop, [&] {
    ++ticks;
    timer.arm_in(1s);
  });
  timer.arm_in(1s);
  loop.run_for(1h);
  EXPECT_EQ(ticks, 3600);
  EXPECT_EQ(loop.clock().wall_now() - wall, 1h);
  loop.jump_wall(-30min);
  EXPECT_EQ(loop.clock().wall_now() - wall, 30min);
}

}  // namespace
}  // namespace vfleet::loop
