#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "simulator/core/time.h"

namespace vfleet::schedule {

class TimerWheel;

/// Something that a TimerWheel wakes. Derive from it: the links are inside, so arming allocates nothing.
/// Cancels itself when destroyed. Not copyable, not movable.
class Timer {
 public:
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  [[nodiscard]] bool armed() const { return next_ != nullptr; }
  void cancel() {
    if (next_ == nullptr) return;
    next_->prev_ = prev_;
    prev_->next_ = next_;
    next_ = prev_ = nullptr;
  }

 protected:
  Timer() = default;
  virtual ~Timer() { cancel(); }
  /// The deadline passed. `this` is not armed during the call, and may be armed again or destroyed.
  virtual void expire() = 0;
  /// Others expire first, then this one: the moment to prefetch what expire() will read. May do nothing.
  virtual void expire_soon() {}

 private:
  friend class TimerWheel;

  Timer* next_ = nullptr;  // null: not armed
  Timer* prev_ = nullptr;
  std::int64_t tick_ = 0;
};

/// Serves a million timers: hierarchical, ticks of 1 ms, four levels of 256 slots (49 days; later deadlines
/// wait in the last level and are placed again). Arm and cancel are O(1) and allocate nothing. A timer never
/// expires before its deadline and at most one tick after it, if advance() is called in time. Timers of one
/// tick expire in the order in which they were armed; one that was put off while armed, behind them.
class TimerWheel {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(1);

  explicit TimerWheel(TimePoint now);
  ~TimerWheel();  ///< disarms what is still armed
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Arms `timer`, again if it is armed. A deadline in the past expires in the next tick; kNever disarms.
  void arm(Timer& timer, TimePoint deadline);

  /// Expires what is due at `now`, at most `budget` timers; true when some are left for another call.
  bool advance(TimePoint now, std::size_t budget = SIZE_MAX);

  /// When advance() next has work, or earlier; kNever when nothing is armed.
  [[nodiscard]] TimePoint next_wake() const;

 private:
  friend class Timer;
  static constexpr int kLevels = 4;
  static constexpr int kBits = 8;
  static constexpr std::size_t kSlots = 1U << kBits;

  // The head of a circular list; it is laid out like the links of a Timer and never expires.
  struct Head final : Timer {
    Head() { next_ = prev_ = this; }
    ~Head() override { next_ = prev_ = nullptr; }
    void expire() override {}
    [[nodiscard]] bool empty() const { return next_ == this; }
    Timer* first() { return next_; }
    void push_back(Timer& timer);
    void take(Head& from);  // appends all of `from`
    using Timer::next_;
    using Timer::prev_;
  };

  struct Level {
    std::array<Head, kSlots> slots;
    std::array<std::uint64_t, kSlots / 64> used{};  // a bit a slot; may be set for a slot emptied by cancel
  };

  void place(Timer& timer);
  void cascade(int level);
  void enter(std::int64_t tick);
  void look_ahead();                             // at what expires after the present one
  [[nodiscard]] std::int64_t next_tick() const;  // > current_; INT64_MAX when nothing is armed

  TimePoint origin_;          // tick 0
  std::int64_t current_ = 0;  // every tick up to here was entered
  Head due_;                  // entered, not yet expired
  std::array<Level, kLevels> levels_;
};

}  // namespace vfleet::schedule
