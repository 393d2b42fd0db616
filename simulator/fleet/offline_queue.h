#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/core/time.h"
#include "simulator/device/device.h"
#include "simulator/fleet/delivery.h"
#include "simulator/schedule/timer_wheel.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::fleet {

/// A report that waits for its device to come online. It has its number and counts as sent.
struct WaitingReport {
  uplink::Ticket ticket;
  std::string name;     ///< of an open type's report; empty: ticket.report says which
  std::string message;  ///< what the device told; templates are applied when it goes
  bool raw = false;     ///< bytes of an operator: no templates
};

/// The reports of one device that wait, oldest first, and the timer by which they go.
class OfflineQueue final : public schedule::Timer {
 public:
  /// `go` is called in a turn when the next report may go.
  explicit OfflineQueue(std::function<void()> go) : go_(std::move(go)) {}

  [[nodiscard]] bool empty() const { return reports_.empty(); }
  [[nodiscard]] std::size_t size() const { return reports_.size(); }

  /// Takes a report; returns the one that gave way to it, which may be itself, when there are more than
  /// `delivery` allows now.
  std::optional<WaitingReport> push(WaitingReport report, const Delivery& delivery);
  [[nodiscard]] WaitingReport pop();  ///< not when empty
  void put_back(WaitingReport report) { reports_.push_front(std::move(report)); }
  /// Takes out one report more than `most`, if there is one, by the policy; for a limit that was lowered.
  std::optional<WaitingReport> trim(std::size_t most, const Delivery* delivery);

  // When the next one may go: at `interval` apart, also when the connection comes and goes.
  [[nodiscard]] bool may_go(TimePoint now) const { return next_ <= now; }
  void went(TimePoint now, Duration interval);
  [[nodiscard]] TimePoint next() const { return next_; }
  /// The interval was changed: it must not be longer than that from now.
  void hurry(TimePoint now, Duration interval) { next_ = std::min(next_, now + interval); }

 private:
  void expire() override {
    const std::function<void()> go = go_;  // this queue may end with its last report
    go();
  }
  /// The oldest one that the policy does not keep; the oldest of all when all are kept.
  [[nodiscard]] std::deque<WaitingReport>::iterator least(const Delivery* delivery);

  std::deque<WaitingReport> reports_;
  std::function<void()> go_;
  TimePoint next_ = TimePoint::min();
};

}  // namespace vfleet::fleet
