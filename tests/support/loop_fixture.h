#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "simulator/core/clock.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/net/network.h"

namespace vfleet::test {

/// The real loop and the real network.
class LoopFixture : public testing::Test {
 protected:
  /// Runs the loop until `done` holds; false when it does not within the deadline.
  template <class Done>
  bool run_until(Done done, Duration deadline = std::chrono::seconds(60)) {
    const TimePoint end = loop_.now() + deadline;
    bool held = done();
    loop::CallbackTimer look(loop_, [&] {
      held = done();
      if (held || loop_.now() >= end) {
        loop_.stop();
      } else {
        look.arm_in(std::chrono::milliseconds(1));
      }
    });
    if (held) return true;
    look.arm_in(std::chrono::milliseconds(1));
    loop_.run();
    return held;
  }

  /// Lets the loop live for a time: for what must not happen.
  void run_for(Duration span) {
    (void)run_until([] { return false; }, span);
  }

  RealClock clock_;
  loop::AsioLoop loop_{clock_};
  std::unique_ptr<net::Network> network_ = net::make_tcp_network(loop_);
};

}  // namespace vfleet::test
