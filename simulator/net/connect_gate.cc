#include "simulator/net/connect_gate.h"

#include <cassert>
#include <utility>

namespace vfleet::net {
namespace {

// Of a turn, for starting attempts: with TLS one may read a certificate and its key, which takes a
// millisecond.
constexpr Duration kTurn = std::chrono::microseconds(250);

}  // namespace

void Waiter::leave() {
  if (next_ != nullptr) {
    next_->prev_ = prev_;
    prev_->next_ = next_;
    next_ = prev_ = nullptr;
  }
  if (ConnectGate* gate = std::exchange(holds_, nullptr)) gate->finished();
}

WaitList::WaitList() {
  head_.next_ = head_.prev_ = &head_;
}

WaitList::~WaitList() {
  while (pop() != nullptr) {
  }
  head_.next_ = head_.prev_ = nullptr;
}

void WaitList::push(Waiter& waiter) {
  assert(waiter.next_ == nullptr);
  waiter.prev_ = head_.prev_;
  waiter.next_ = &head_;
  head_.prev_->next_ = &waiter;
  head_.prev_ = &waiter;
}

Waiter* WaitList::pop() {
  if (empty()) return nullptr;
  Waiter* first = head_.next_;
  head_.next_ = first->next_;
  first->next_->prev_ = &head_;
  first->next_ = first->prev_ = nullptr;
  return first;
}

bool WaitList::admit_first() {
  Waiter* first = pop();
  if (first == nullptr) return false;
  first->admitted();
  return true;
}

void WaitList::move_to(WaitList& other) {
  while (Waiter* first = pop()) other.push(*first);
}

ConnectGate::ConnectGate(loop::EventLoop& loop, const PacerLimits& limits)
    : loop_(loop), pacer_(limits), timer_(loop, [this] { pump(); }) {}

void ConnectGate::wait(Waiter& waiter) {
  assert(waiter.holds_ == nullptr);
  waiting_.push(waiter);
  if (!posted_) pump();
}

void ConnectGate::finished() {
  pacer_.finished();
  if (!waiting_.empty()) pump_later();
}

void ConnectGate::pump_later() {
  if (std::exchange(posted_, true)) return;
  loop_.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    posted_ = false;
    pump();
  });
}

void ConnectGate::pump() {
  if (pumping_) return;
  pumping_ = true;
  const TimePoint begin = loop_.now();
  TimePoint now = begin;
  while (!waiting_.empty() && now - begin < kTurn && pacer_.try_start(now)) {
    Waiter* first = waiting_.pop();
    first->holds_ = this;
    first->admitted();
    now = loop_.now();
  }
  pumping_ = false;
  // Others first, also before those who come to wait in this turn.
  if (now - begin >= kTurn) return pump_later();
  // While every place is taken, finished() pumps.
  if (!waiting_.empty()) timer_.arm_at(pacer_.next_start(now));
}

}  // namespace vfleet::net
