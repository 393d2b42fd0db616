#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

#include "simulator/bus/messages.h"

namespace vfleet::bus {

/// What goes from a worker to control, in order. No socket, no clock.
class Outbox {
 public:
  static constexpr std::size_t kMessagesMax = 20'000;
  static constexpr std::size_t kBytesMax = std::size_t{32} << 20U;

  /// False: it does not take any now.
  using Take = std::function<bool(const Packed&)>;

  explicit Outbox(Take take) : take_(std::move(take)) {}

  /// For what is said again anyway: now or not at all. True when it is on its way, or can never be.
  bool send(const FromWorker& message);
  /// For what must arrive: it waits while nothing is taken. Over the bounds the oldest go.
  void deliver(const FromWorker& message);
  /// As much of what waits as is taken now.
  void flush();

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// What never went: over the bounds, or no message that can be packed.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  void drop_oldest();

  Take take_;
  std::deque<Packed> waiting_;
  std::size_t bytes_ = 0;  // of the bodies in waiting_
  std::uint64_t dropped_ = 0;
};

}  // namespace vfleet::bus
