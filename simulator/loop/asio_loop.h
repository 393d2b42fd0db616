#pragma once

#include <cstdint>
#include <memory>

#include "simulator/loop/event_loop.h"

namespace boost::asio {
class io_context;
}

namespace vfleet::loop {

/// The loop of a real process: Asio for sockets and signals, the timer wheel for everything that waits.
/// A turn runs the timers that are due in one pass (with a budget), then the handlers that are ready (with a
/// budget), so neither starves the other.
class AsioLoop final : public EventLoop {
 public:
  explicit AsioLoop(const Clock& clock);
  ~AsioLoop() override;

  [[nodiscard]] const Clock& clock() const override { return clock_; }
  [[nodiscard]] schedule::TimerWheel& timers() override { return wheel_; }
  void post(std::function<void()> task) override;

  [[nodiscard]] boost::asio::io_context& context();

  /// Runs until stop(); may be called again afterwards.
  void run();
  /// Ends run() after the current handler. From any thread.
  void stop();

  /// The longest turn since the last call of this, handlers and timers together.
  [[nodiscard]] Duration take_longest_turn() { return std::exchange(longest_turn_, Duration::zero()); }

 private:
  struct Io;
  const Clock& clock_;
  schedule::TimerWheel wheel_;
  std::unique_ptr<Io> io_;
  Duration longest_turn_{0};
};

}  // namespace vfleet::loop
