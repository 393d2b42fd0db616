#pragma once

#include <atomic>
#include <cstdint>

namespace vfleet::metrics {

/// A number that one thread of one process writes and others may read at any time, also from another process:
/// eight aligned bytes, read and written whole. No order between two cells is promised.
///
/// Adding is a load and a store, not a locked instruction: it costs what a plain number costs.
class Cell {
 public:
  Cell() = default;
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }
  operator std::uint64_t() const { return get(); }  // NOLINT(google-explicit-constructor): it is a number

  // Only for the one writer.
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  void operator+=(std::uint64_t by) { set(get() + by); }
  void operator-=(std::uint64_t by) { set(get() - by); }
  void operator++() { set(get() + 1); }
  void operator--() { set(get() - 1); }

  /// What was set before is seen by whoever reads this value with get_published().
  void publish(std::uint64_t value) { value_.store(value, std::memory_order_release); }
  [[nodiscard]] std::uint64_t get_published() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

static_assert(sizeof(Cell) == 8 && alignof(Cell) == 8 && std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace vfleet::metrics
