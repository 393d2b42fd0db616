#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace vfleet::control::server {

/// Holds commands back while a live worker is too far behind: a publisher that runs ahead of a subscriber's
/// queue loses messages without a sign. What waits here has its seq already; order never changes.
class FlowControl {
 public:
  static constexpr std::size_t kWaitingMax = 100'000;

  /// `window`: how far the slowest live worker may be behind what was published.
  /// `send`: hands one command to the socket; it is called in seq order.
  FlowControl(std::uint64_t window, std::function<void(const std::string&)> send,
              std::size_t waiting_max = kWaitingMax)
      : window_(window), waiting_max_(waiting_max), send_(std::move(send)) {}

  /// Whether one more command may come; when not, the operator is told "busy".
  [[nodiscard]] bool has_room() const { return waiting_.size() < waiting_max_; }

  /// `seq` must be the last one's plus 1.
  void submit(std::uint64_t seq, std::string command);
  /// The slowest live worker has applied everything up to `applied`; UINT64_MAX when none is live.
  void slowest_is_at(std::uint64_t applied);

  [[nodiscard]] std::uint64_t published() const { return published_; }
  [[nodiscard]] std::uint64_t submitted() const { return published_ + waiting_.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  void drain();
  [[nodiscard]] bool may_send() const { return slowest_ >= published_ || published_ - slowest_ < window_; }

  std::uint64_t window_;
  std::size_t waiting_max_;
  std::function<void(const std::string&)> send_;
  std::deque<std::string> waiting_;
  std::uint64_t published_ = 0;
  std::uint64_t slowest_ = UINT64_MAX;
};

}  // namespace vfleet::control::server
