#include "simulator/uplink/flights.h"

#include <utility>

namespace vfleet::uplink {

std::unique_ptr<Flight> FlightPool::take() {
  if (flights_.empty()) return std::make_unique<Flight>();
  auto flight = std::move(flights_.back());
  flights_.pop_back();
  return flight;
}

void FlightPool::give_back(std::unique_ptr<Flight> flight) {
  constexpr std::size_t kKeep = 4096;
  if (flights_.size() < kKeep) flights_.push_back(std::move(flight));
}

Flights::~Flights() {
  while (first_ != nullptr) first_ = std::move(first_->next);  // one by one: a long list would recurse
}

void Flights::push(const Ticket& ticket, TimePoint deadline, FlightPool& pool) {
  std::unique_ptr<Flight> flight = pool.take();
  flight->ticket = ticket;
  flight->deadline = deadline;
  std::unique_ptr<Flight>& end = last_ != nullptr ? last_->next : first_;
  last_ = flight.get();
  if (unsent_ == nullptr) unsent_ = last_;
  end = std::move(flight);
  ++size_;
}

Ticket Flights::pop(FlightPool& pool) {
  std::unique_ptr<Flight> taken = std::move(first_);
  first_ = std::move(taken->next);
  if (first_ == nullptr) last_ = nullptr;
  if (unsent_ == taken.get()) unsent_ = first_.get();
  --size_;
  const Ticket ticket = taken->ticket;
  pool.give_back(std::move(taken));
  return ticket;
}

std::optional<Ticket> Flights::take(std::uint32_t seq, FlightPool& pool) {
  Flight* before = nullptr;
  for (Flight* each = first_.get(); each != unsent_; each = each->next.get()) {
    if (each->ticket.seq != seq) {
      before = each;
      continue;
    }
    if (before == nullptr) return pop(pool);
    std::unique_ptr<Flight> taken = std::move(before->next);
    before->next = std::move(taken->next);
    if (last_ == taken.get()) last_ = before;
    --size_;
    const Ticket ticket = taken->ticket;
    pool.give_back(std::move(taken));
    return ticket;
  }
  return std::nullopt;
}

}  // namespace vfleet::uplink
