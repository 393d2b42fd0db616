#pragma once

#include "simulator/core/time.h"

namespace vfleet {

/// Where time comes from. Injected everywhere; only real_clock.cc asks the system.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For intervals: never goes back.
  [[nodiscard]] virtual TimePoint now() const = 0;
  /// For text that people and platforms read: may jump.
  [[nodiscard]] virtual WallTime wall_now() const = 0;
};

/// The system's clocks.
class RealClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] WallTime wall_now() const override;
};

/// A clock that moves when it is told to. Starts well away from zero, so that code which takes zero for
/// "not set" is found out.
class ManualClock : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override { return wall_; }
  void advance(Duration by) {
    now_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::microseconds>(by);
  }
  /// Sets the monotonic time to `to` (never back) and moves the wall clock along.
  void advance_to(TimePoint to) {
    if (to > now_) advance(to - now_);
  }
  /// Moves the wall clock alone, as an administrator or NTP does.
  void jump_wall(Duration by) { wall_ += std::chrono::duration_cast<std::chrono::microseconds>(by); }

 private:
  TimePoint now_{std::chrono::hours(1000)};
  WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours(8)};
};

}  // namespace vfleet
