#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace vfleet::platform {

/// Which commands wait, are delivered, are answered: in memory that processes share. All of them hold every
/// command; the one where the device is claims it.
class CommandClaims {
 public:
  /// A new command waits.
  void open(std::uint64_t number) {
    at(number).store(state(number, kOpen), std::memory_order_release);
    waiting_.fetch_add(1, std::memory_order_relaxed);
  }
  /// True for the one caller that may deliver it.
  [[nodiscard]] bool claim(std::uint64_t number) {
    if (!move(number, kOpen, kClaimed)) return false;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return true;
  }
  /// True for the first answer to a delivered command.
  [[nodiscard]] bool answer(std::uint64_t number) { return move(number, kClaimed, kAnswered); }
  [[nodiscard]] bool is_open(std::uint64_t number) const {
    return at(number).load(std::memory_order_acquire) == state(number, kOpen);
  }
  [[nodiscard]] std::int64_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t kOpen = 0;
  static constexpr std::uint64_t kClaimed = 1;
  static constexpr std::uint64_t kAnswered = 2;
  static constexpr std::size_t kSlots = 16384;  // more than a CommandBook keeps

  static std::uint64_t state(std::uint64_t number, std::uint64_t step) { return number << 2 | step; }
  [[nodiscard]] std::atomic<std::uint64_t>& at(std::uint64_t number) { return slots_[number % kSlots]; }
  [[nodiscard]] const std::atomic<std::uint64_t>& at(std::uint64_t number) const {
    return slots_[number % kSlots];
  }
  bool move(std::uint64_t number, std::uint64_t from, std::uint64_t to) {
    std::uint64_t expected = state(number, from);
    return at(number).compare_exchange_strong(expected, state(number, to));
  }

  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
  std::atomic<std::int64_t> waiting_{0};
};

}  // namespace vfleet::platform
