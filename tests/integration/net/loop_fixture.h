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
  bool run_until(Done done, Duration deadline = std::chrono::seconds(20)) {
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

  RealClock clock_;
  loop::AsioLoop loop_{clock_};
  std::unique_ptr<net::Network> network_ = net::make_tcp_network(loop_);
};

/// A client that writes down what happens to it and reads all there is.
struct StreamClient final : net::StreamEvents {
  void stream_connected(net::StreamError error) override {
    answered = true;
    connected = error;
    if (error != net::StreamError::none) detail = stream->detail();
    if (error == net::StreamError::none) stream->wait_readable();
  }
  void stream_readable() override {
    char buffer[16384];
    const auto [size, error] = stream->read_some(buffer);
    text.append(buffer, size);
    if (error != net::StreamError::none) {
      ended = error;
      detail = stream->detail();
    } else {
      stream->wait_readable();
    }
  }
  void stream_writable() override { ++writable; }

  net::StreamPtr stream;
  bool answered = false;
  int writable = 0;
  net::StreamError connected = net::StreamError::failed;
  net::StreamError ended = net::StreamError::none;
  std::string detail;
  std::string text;
};

}  // namespace vfleet::test
