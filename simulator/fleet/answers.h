#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "simulator/core/result.h"
#include "simulator/device/device.h"
#include "simulator/loop/event_loop.h"

namespace vfleet::fleet {

/// How a command that a device answered later ended. `reported`: a report that followed from it was accepted
/// by the uplink.
using LateAnswer = std::function<void(Status status, bool reported)>;

/// The answers that devices owe: each comes once, or its time runs out.
class Answers {
 public:
  explicit Answers(loop::EventLoop& loop) : loop_(loop), timer_(loop, [this] { expire(); }) {}

  /// Opens an answer of device `key`. `waiter`: who waits for the report, see ReportWaiter.
  [[nodiscard]] device::AnswerId open(std::uint32_t key, Duration limit, std::uint32_t waiter,
                                      LateAnswer then);
  /// Calls what waits, once; false when there is no such answer of this device.
  bool close(device::AnswerId id, std::uint32_t key, Status status);
  /// A report that answers `id` is about to be sent: the waiter that its ticket gets, 0 for none.
  [[nodiscard]] std::uint32_t waiter_of(device::AnswerId id, std::uint32_t key) const;
  [[nodiscard]] bool is_open(device::AnswerId id, std::uint32_t key) const;
  /// Whether the uplink took a report that answers `id`.
  void reported(device::AnswerId id, std::uint32_t key, bool taken);
  /// The device leaves: what it owes fails.
  void left(std::uint32_t key);
  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  struct Entry {
    std::uint32_t key;
    std::uint32_t waiter;
    bool reported = false;
    Duration limit;
    TimePoint deadline;
    LateAnswer then;
  };
  void settle(std::map<device::AnswerId, Entry>::iterator at, Status status);
  void expire();

  loop::EventLoop& loop_;
  device::AnswerId last_ = 0;
  std::map<device::AnswerId, Entry> open_;
  std::set<std::pair<TimePoint, device::AnswerId>> deadlines_;
  loop::CallbackTimer timer_;
};

}  // namespace vfleet::fleet
