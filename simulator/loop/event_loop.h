#pragma once

#include <functional>
#include <utility>

#include "simulator/core/clock.h"
#include "simulator/schedule/timer_wheel.h"

namespace vfleet::loop {

/// One thread that runs everything of a process. State is confined to it; post() is the only way in from
/// another thread, and that only on AsioLoop. Nothing that runs here may block.
class EventLoop {
 public:
  virtual ~EventLoop() = default;
  [[nodiscard]] virtual const Clock& clock() const = 0;
  [[nodiscard]] virtual schedule::TimerWheel& timers() = 0;
  /// Runs `task` in a later turn, after what was posted before. For rare work: it allocates.
  virtual void post(std::function<void()> task) = 0;

  [[nodiscard]] TimePoint now() const { return clock().now(); }
};

/// A timer with a function, for what exists a few times a process; devices derive from schedule::Timer.
class CallbackTimer final : public schedule::Timer {
 public:
  CallbackTimer(EventLoop& loop, std::function<void()> task) : loop_(loop), task_(std::move(task)) {}
  void arm_at(TimePoint deadline) { loop_.timers().arm(*this, deadline); }
  void arm_in(Duration delay) { arm_at(loop_.now() + delay); }

 private:
  void expire() override { task_(); }
  EventLoop& loop_;
  std::function<void()> task_;
};

}  // namespace vfleet::loop
