#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "simulator/log/line.h"

namespace vfleet::log {

/// The lines of a process that its log centre has not confirmed yet: numbered, bounded, the oldest go first.
/// A number that fell out is a gap that the centre sees. Safe from any thread; never blocks for long.
class LineRing {
 public:
  struct Limits {
    std::size_t lines = 8192;
    std::size_t bytes = std::size_t{2} << 20U;
  };
  LineRing() : LineRing(Limits()) {}
  explicit LineRing(Limits limits) : limits_(limits) {}

  /// Numbers the line and keeps it. `text` is cleaned and cut.
  void push(std::int64_t at_us, Level level, std::string_view device, std::string_view text);

  /// The lines after `seq` that are still there: at most `lines` and, beyond the first, `bytes`.
  [[nodiscard]] std::vector<Line> after(std::uint64_t seq, std::size_t lines, std::size_t bytes) const;
  /// Forgets the lines up to `seq`: they have arrived.
  void confirm(std::uint64_t seq);

  [[nodiscard]] std::uint64_t last_seq() const;
  [[nodiscard]] std::size_t size() const;
  /// Lines that fell out before they were confirmed.
  [[nodiscard]] std::uint64_t fallen_out() const;

  /// Called after each push, on the thread that pushed; it must not push itself.
  void on_push(std::function<void()> pushed);

 private:
  void drop_front();

  Limits limits_;
  mutable std::mutex mutex_;
  std::deque<Line> lines_;  // by seq, without holes
  std::size_t bytes_ = 0;
  std::uint64_t seq_ = 0;
  std::uint64_t fallen_out_ = 0;
  std::function<void()> pushed_;
};

}  // namespace vfleet::log
