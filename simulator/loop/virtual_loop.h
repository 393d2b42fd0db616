#pragma once

#include <deque>

#include "simulator/loop/event_loop.h"

namespace vfleet::loop {

/// The twin of AsioLoop on virtual time: nothing waits, an hour passes as fast as it is computed, and the
/// same inputs give the same run.
class VirtualLoop final : public EventLoop {
 public:
  VirtualLoop() : wheel_(clock_.now()) {}

  [[nodiscard]] const Clock& clock() const override { return clock_; }
  [[nodiscard]] schedule::TimerWheel& timers() override { return wheel_; }
  void post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }

  /// Wall time jumps; monotonic time does not.
  void jump_wall(Duration by) { clock_.jump_wall(by); }

  /// Lets `span` pass: tasks and timers run at their times.
  void run_for(Duration span) { run_until(clock_.now() + span); }
  void run_until(TimePoint end);
  /// Until `done` holds, looked at after every step; false when `limit` passed or nothing is left to happen.
  bool run_until(const std::function<bool()>& done, Duration limit);

 private:
  void run_tasks();

  ManualClock clock_;
  schedule::TimerWheel wheel_;
  std::deque<std::function<void()>> tasks_;
};

}  // namespace vfleet::loop
