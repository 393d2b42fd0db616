#include "simulator/schedule/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace vfleet::schedule {
namespace {

constexpr std::int64_t kNoTick = std::numeric_limits<std::int64_t>::max();

// A timer that is put off while it is armed, as a time-out is by each answer, keeps its place: no other timer
// is touched. In one number: the tick where it stands and, above, how many ticks later it expires. When the
// first one comes it is placed anew, behind those of its tick then.
constexpr int kStandsBits = 40;
constexpr std::int64_t kStandsMax = (std::int64_t{1} << kStandsBits) - 1;        // 34 years
constexpr std::int64_t kLaterMax = (std::int64_t{1} << (62 - kStandsBits)) - 1;  // 70 minutes

std::int64_t stands(std::int64_t tick) {
  return tick & kStandsMax;
}
std::int64_t later(std::int64_t tick) {
  return tick >> kStandsBits;
}

}  // namespace

void TimerWheel::Head::push_back(Timer& timer) {
  timer.*(&Head::next_) = this;
  timer.*(&Head::prev_) = prev_;
  prev_->*(&Head::next_) = &timer;
  prev_ = &timer;
}

void TimerWheel::Head::take(Head& from) {
  if (from.empty()) return;
  from.next_->*(&Head::prev_) = prev_;
  prev_->*(&Head::next_) = from.next_;
  from.prev_->*(&Head::next_) = this;
  prev_ = from.prev_;
  from.next_ = from.prev_ = &from;
}

TimerWheel::TimerWheel(TimePoint now) : origin_(now) {}

TimerWheel::~TimerWheel() {
  const auto disarm = [](Head& head) {
    while (!head.empty()) head.first()->cancel();
  };
  disarm(due_);
  for (Level& level : levels_) std::for_each(level.slots.begin(), level.slots.end(), disarm);
}

void TimerWheel::arm(Timer& timer, TimePoint deadline) {
  if (deadline == kNever) return timer.cancel();
  const std::int64_t ns = (deadline - origin_).count();
  const std::int64_t asked = ns <= 0 ? 0 : (ns - 1) / kTick.count() + 1;
  const std::int64_t tick = std::clamp(asked, current_ + 1, kStandsMax);
  const std::int64_t put_off = tick - stands(timer.tick_);
  if (timer.armed() && put_off >= 0 && put_off <= kLaterMax) {
    timer.tick_ = stands(timer.tick_) | put_off << kStandsBits;
    return;
  }
  timer.cancel();
  timer.tick_ = tick;
  place(timer);
}

// A timer stands in the lowest level whose current lap holds its tick. So a lower level never holds a timer
// of a lap that is not entered yet, and timers of one tick keep the order in which they were armed.
void TimerWheel::place(Timer& timer) {
  const auto differ = static_cast<std::uint64_t>(stands(timer.tick_) ^ current_);
  int level = differ == 0 ? 0 : (63 - std::countl_zero(differ)) / kBits;
  std::size_t slot;
  if (level >= kLevels) {
    level = kLevels - 1;
    // Beyond the last lap: wait in the slot that is entered last, to be placed again from there.
    slot = ((static_cast<std::uint64_t>(current_) >> (level * kBits)) - 1) % kSlots;
  } else {
    slot = (static_cast<std::uint64_t>(stands(timer.tick_)) >> (level * kBits)) % kSlots;
  }
  Level& at = levels_[static_cast<std::size_t>(level)];
  at.slots[slot].push_back(timer);
  at.used[slot / 64] |= 1ULL << (slot % 64);
}

void TimerWheel::cascade(int level) {
  Level& from = levels_[static_cast<std::size_t>(level)];
  const std::size_t slot = (static_cast<std::uint64_t>(current_) >> (level * kBits)) % kSlots;
  from.used[slot / 64] &= ~(1ULL << (slot % 64));
  Head moved;
  moved.take(from.slots[slot]);
  while (!moved.empty()) {
    Timer& timer = *moved.first();
    timer.cancel();
    __builtin_prefetch(moved.first()->*(&Head::next_));
    place(timer);
  }
}

void TimerWheel::enter(std::int64_t tick) {
  const std::int64_t before = current_;
  current_ = tick;
  const auto differ = static_cast<std::uint64_t>(before ^ tick);
  const int top = std::min((63 - std::countl_zero(differ)) / kBits, kLevels - 1);
  // From the top: what falls out of a level may belong to the slot of a lower one that is entered too.
  for (int level = top; level > 0; --level) cascade(level);
  Level& lowest = levels_[0];
  const std::size_t slot = static_cast<std::uint64_t>(tick) % kSlots;
  lowest.used[slot / 64] &= ~(1ULL << (slot % 64));
  due_.take(lowest.slots[slot]);
}

std::int64_t TimerWheel::next_tick() const {
  for (int level = 0; level < kLevels; ++level) {
    const Level& at = levels_[static_cast<std::size_t>(level)];
    const std::uint64_t position = static_cast<std::uint64_t>(current_) >> (level * kBits);
    const std::size_t here = position % kSlots;
    // The slots after this one in this lap; in the last level also those of the next lap.
    const std::size_t end = level == kLevels - 1 ? here + kSlots : kSlots;
    for (std::size_t i = here + 1; i < end;) {
      const std::size_t slot = i % kSlots;
      const std::uint64_t word = at.used[slot / 64] >> (slot % 64);
      if (word == 0) {
        i += 64 - slot % 64;
        continue;
      }
      i += static_cast<std::size_t>(std::countr_zero(word));
      if (i >= end) break;
      const std::uint64_t lap = position - here + i;
      return static_cast<std::int64_t>(lap << (level * kBits));
    }
  }
  return kNoTick;
}

// With a million timers each is a few cache misses away; they are on their way while another one expires.
void TimerWheel::look_ahead() {
  if (due_.empty()) return;
  Timer* next = due_.first();
  next->expire_soon();
  __builtin_prefetch(next->next_);
}

bool TimerWheel::advance(TimePoint now, std::size_t budget) {
  const std::int64_t target = (now - origin_) / kTick;
  while (true) {
    while (!due_.empty()) {
      if (budget == 0) return true;
      --budget;
      Timer& timer = *due_.first();
      timer.cancel();
      look_ahead();
      if (later(timer.tick_) != 0) {
        timer.tick_ = stands(timer.tick_) + later(timer.tick_);
        place(timer);
      } else {
        timer.expire();
      }
    }
    if (current_ >= target) return false;
    const std::int64_t next = next_tick();
    if (next > target) {
      // Nothing between: the laps in between are empty, so no level needs a look.
      current_ = target;
      return false;
    }
    enter(next);
  }
}

TimePoint TimerWheel::next_wake() const {
  if (!due_.empty()) return origin_ + current_ * kTick;
  const std::int64_t tick = next_tick();
  return tick == kNoTick ? kNever : origin_ + tick * kTick;
}

}  // namespace vfleet::schedule
