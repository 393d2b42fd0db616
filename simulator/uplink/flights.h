#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "simulator/uplink/uplink.h"

namespace vfleet::uplink {

/// A report that was written and has not been answered.
struct Flight {
  Ticket ticket;
  TimePoint deadline;  ///< of its answer
  std::unique_ptr<Flight> next;
};

/// Keeps what lists no longer use: a report in flight allocates nothing.
class FlightPool {
 public:
  [[nodiscard]] std::unique_ptr<Flight> take();
  void give_back(std::unique_ptr<Flight> flight);

 private:
  std::vector<std::unique_ptr<Flight>> flights_;
};

/// A link's reports in flight in the order of their writing. Those that are not with the kernel as a whole
/// stand last. An empty one is 32 bytes.
class Flights {
 public:
  Flights() = default;
  ~Flights();
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;

  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] const Flight& front() const { return *first_; }  ///< not when empty
  [[nodiscard]] bool front_sent() const { return first_ != nullptr && first_.get() != unsent_; }

  void push(const Ticket& ticket, TimePoint deadline, FlightPool& pool);
  /// The first that is not wholly with the kernel; null: all are.
  [[nodiscard]] const Flight* unsent() const { return unsent_; }
  /// That one is, `now`.
  void mark_sent(TimePoint now) {
    unsent_->ticket.left(now);
    unsent_ = unsent_->next.get();
  }
  [[nodiscard]] Ticket pop(FlightPool& pool);  ///< not when empty
  /// Takes out the report with that number, if it was sent.
  [[nodiscard]] std::optional<Ticket> take(std::uint32_t seq, FlightPool& pool);

 private:
  std::unique_ptr<Flight> first_;
  Flight* last_ = nullptr;
  Flight* unsent_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace vfleet::uplink
