#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulator/core/clock.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/net/network.h"
#include "simulator/uplink/all_uplinks.h"
#include "tests/support/link_recorder.h"

namespace vfleet::test {

/// An uplink on the real loop, with an owner that writes everything down.
class UplinkFixture : public testing::Test {
 protected:
  static constexpr Duration kDeadline = std::chrono::seconds(20);

  void make_uplink(std::string_view kind, const config::Values& values) {
    const uplink::UplinkEnvironment environment{loop_, network_.get(), 42};
    auto made = uplink::find_uplink(kind)->make(environment, values, owner_);
    ASSERT_TRUE(made) << made.error().detail;
    uplink_ = std::move(*made);
  }

  std::unique_ptr<uplink::Link> make_link(uplink::LinkKey key) {
    const std::string id = "pile-" + std::to_string(key);
    return uplink_->make_link(key, {.device_id = id, .type = "charging_pile", .seed = key});
  }

  /// Runs the loop until `done` holds; false when it does not within the deadline.
  template <class Done>
  bool run_until(Done done, Duration deadline = kDeadline) {
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
    run_until([] { return false; }, span);
  }

  std::uint64_t counter(std::string_view name) const {
    for (const uplink::Counter& each : uplink_->counters()) {
      if (each.name == name) return each.value;
    }
    return 0;
  }

  RealClock clock_;
  loop::AsioLoop loop_{clock_};
  std::unique_ptr<net::Network> network_ = net::make_tcp_network(loop_);
  LinkRecorder owner_;
  std::unique_ptr<uplink::Uplink> uplink_;
};

}  // namespace vfleet::test
