#pragma once

#include <cstdint>
#include <optional>

#include "simulator/bus/messages.h"
#include "simulator/core/time.h"
#include "simulator/log/line_ring.h"

namespace vfleet::bus {

/// Decides which lines of a ring go to control next: batches, a bounded number of unconfirmed lines on the
/// way, and again what was not confirmed in time. No socket, no clock.
class LogSender {
 public:
  static constexpr std::size_t kBatchLines = 256;
  static constexpr std::size_t kBatchBytes = std::size_t{64} << 10U;
  /// Lines on the way, so that logs never fill the queue that results go through.
  static constexpr std::uint64_t kWindow = 2048;
  static constexpr Duration kConfirmWithin = std::chrono::seconds(3);

  /// `ring` must outlive this.
  explicit LogSender(log::LineRing& ring) : ring_(ring) {}

  /// The next batch; nullopt when there is nothing to send, or too much is on the way (`whatever` is on the
  /// way: for the last words).
  [[nodiscard]] std::optional<LogLines> next(std::uint64_t boot, TimePoint now, bool whatever = false);
  /// It went.
  void sent(const LogLines& batch, TimePoint now);
  void confirmed(const LogAck& ack, std::uint64_t boot, TimePoint now);
  /// Control is a new one, or new to us: what it did not confirm goes again.
  void restart() { sent_ = confirmed_; }

  [[nodiscard]] bool has_more() const { return ring_.last_seq() > sent_; }
  [[nodiscard]] bool window_open() const { return sent_ - confirmed_ < kWindow; }

 private:
  log::LineRing& ring_;
  std::uint64_t sent_ = 0;
  std::uint64_t confirmed_ = 0;  // at most sent_
  TimePoint moved_{};            // when something was sent with nothing on the way, or was confirmed
};

}  // namespace vfleet::bus
