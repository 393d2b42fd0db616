#include "simulator/uplink/udp/udp_link.h"

#include <algorithm>
#include <utility>

#include "simulator/core/hash.h"
#include "simulator/core/random.h"

namespace vfleet::uplink {

void UdpLink::open() {
  if (finishing_) {
    reopen_ = true;
    return;
  }
  draining_ = false;
  if (state_ == State::closed) start();
}

void UdpLink::close(bool drain) {
  reopen_ = false;
  if (finishing_ || state_ == State::closed) return;
  if (!drain || state_ != State::up || pending() == 0) {
    finish(Fate::connection_lost);
    return;
  }
  if (draining_) return;
  draining_ = true;
  drain_until_ = hub_.loop.now() + hub_.settings.drain_timeout;
  plan();
}

// The socket.

void UdpLink::start() {
  if (hub_.addresses().empty()) {
    state_ = State::looking_up;
    hub_.look_up(*this);
  } else {
    state_ = State::gated;
    hub_.gate.wait(*this);
  }
}

void UdpLink::admitted() {
  if (state_ == State::gated) {
    bind();
  } else if (hub_.addresses().empty()) {
    attempt_failed("name_not_resolved");
  } else {
    start();
  }
}

void UdpLink::bind() {
  socket_ = hub_.settings.source != nullptr ? hub_.network.make_datagram(*this, *hub_.settings.source)
                                            : hub_.network.make_datagram(*this);
  const net::StreamError error = socket_->connect(hub_.address(failures_));
  leave();
  if (error != net::StreamError::none) {
    attempt_failed(to_string(error));
    return;
  }
  state_ = State::up;
  failures_ = 0;
  ++hub_.totals.connects;
  socket_->wait_readable();
  hub_.owner.link_up(key_);
}

void UdpLink::attempt_failed(std::string_view reason) {
  leave();
  socket_.reset();
  ++hub_.totals.connect_failures[reason];
  if (failures_ < 255) ++failures_;
  state_ = State::backing_off;
  const std::uint64_t device = hash(hub_.owner.names(key_).device_id());
  Random random(hub_.seed, mix(device, draws_++), "link.backoff");
  hub_.loop.timers().arm(*this, hub_.loop.now() + hub_.settings.backoff.delay(failures_, random));
  hub_.owner.link_down(key_, reason);
}

// Sending.

bool UdpLink::room() const {
  return state_ == State::up && !busy_ && !blocked_ && flights_.size() < hub_.messages.in_flight_max;
}

Accepted UdpLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  if (room() && queue_.empty() && try_send(ticket, message.body)) return Accepted::yes;
  const SendQueue::Offer offer =
      queue_.offer(ticket, message.body, hub_.messages.queue_max, hub_.messages.when_full, hub_.waiting);
  if (offer.evicted) {
    ++hub_.counts.evicted;
    settle(*offer.evicted, Fate::evicted);
  }
  return offer.accepted;
}

bool UdpLink::try_send(const Ticket& ticket, std::string_view bytes) {
  net::DatagramResult result = socket_->send(bytes);
  if (result.error == net::StreamError::connection_refused) {
    // Of an earlier datagram; this one was not sent.
    ++hub_.errors[to_string(result.error)];
    result = socket_->send(bytes);
  }
  if (result.done) {
    no_room_ = 0;
    hub_.totals.bytes_sent += bytes.size();
    sent(ticket);
    return true;
  }
  if (result.error == net::StreamError::none) {
    blocked_ = true;
    socket_->wait_writable();
    return false;
  }
  if (result.error == net::StreamError::no_buffers) {
    ++hub_.errors[to_string(result.error)];
    wait_for_room();
    return false;
  }
  const bool too_long = result.error == net::StreamError::too_long;
  if (too_long) ++hub_.counts.not_encodable;
  ++hub_.errors[to_string(result.error)];
  settle(ticket, too_long ? Fate::evicted : Fate::connection_lost);
  return true;
}

/// The socket is writable all the while: waiting for that would spin.
void UdpLink::wait_for_room() {
  constexpr Duration kFirst = std::chrono::milliseconds(1);
  constexpr std::uint8_t kDoublings = 6;
  blocked_ = true;
  again_at_ = hub_.loop.now() + kFirst * (1 << no_room_);
  if (no_room_ < kDoublings) ++no_room_;
  plan();
}

void UdpLink::sent(const Ticket& ticket) {
  const std::uint8_t before = epoch_;
  const bool first = flights_.empty();
  ++hub_.counts.sent;
  // In flight while the owner is told, so that closing in there settles it.
  flights_.push(ticket, hub_.loop.now() + hub_.messages.ack_timeout, hub_.flights);
  flights_.mark_sent(hub_.loop.now());
  const bool answers = hub_.messages.ack != AckBy::none;
  if (first && answers) plan();
  busy_ = true;
  hub_.owner.report_sent(key_, ticket);
  if (epoch_ != before) return;
  if (!answers) {
    (void)flights_.pop(hub_.flights);
    settle(ticket, Fate::handed_over);
    if (epoch_ != before) return;
  }
  busy_ = false;
  if (!queue_.empty()) pump();
}

void UdpLink::pump() {
  if (pumping_) return;  // that goes on: a long queue must not nest as deep as it is long
  pumping_ = true;
  send_waiting();
  pumping_ = false;
}

void UdpLink::send_waiting() {
  while (room() && !queue_.empty()) {
    // Taken out first: sending it may bring back another.
    std::unique_ptr<Waiting> next = queue_.pop();
    if (!try_send(next->ticket, next->bytes)) {
      queue_.push_front(std::move(next));
      return;
    }
    hub_.waiting.give_back(std::move(next));
  }
}

void UdpLink::datagram_writable() {
  blocked_ = false;
  const std::uint8_t before = epoch_;
  pump();
  if (epoch_ == before) look_drained();
}

// Receiving.

void UdpLink::datagram_readable() {
  constexpr int kAtOnce = 16;  // so that one device does not hold up the others
  const std::span<char> buffer = hub_.network.read_buffer();
  const std::uint8_t before = epoch_;
  for (int i = 0; i < kAtOnce; ++i) {
    const net::DatagramResult result = socket_->receive(buffer);
    if (result.error != net::StreamError::none) {
      ++hub_.errors[to_string(result.error)];
      continue;
    }
    if (!result.done) break;
    hub_.totals.bytes_received += result.bytes;
    if (result.bytes != 0) take({buffer.data(), result.bytes});
    if (epoch_ != before) return;
  }
  socket_->wait_readable();
  look_drained();
}

void UdpLink::take(std::string_view message) {
  const std::uint8_t before = epoch_;
  ++hub_.counts.received;
  const Answers::Match found = hub_.answers.match(message, flights_, hub_.flights, hub_.counts);
  if (found.acked) {
    settle(*found.acked, Fate::acked);
    if (epoch_ != before) return;
    pump();
  }
  if (!found.deliver || epoch_ != before) return;
  hub_.answers.deliver(hub_.owner, key_, message, hub_.counts, [&] { return epoch_ == before; });
}

// Time and ends.

void UdpLink::plan() {
  TimePoint next = flights_.empty() ? kNever : flights_.front().deadline;
  next = std::min(next, again_at_);
  if (draining_) next = std::min(next, drain_until_);
  hub_.loop.timers().arm(*this, next);
}

void UdpLink::expire() {
  if (state_ == State::backing_off) {
    start();
    return;
  }
  if (state_ != State::up) return;
  const TimePoint now = hub_.loop.now();
  if (draining_ && now >= drain_until_) {
    finish(Fate::timed_out);
    return;
  }
  if (again_at_ <= now) {
    again_at_ = kNever;
    blocked_ = false;
  }
  const std::uint8_t before = epoch_;
  while (!flights_.empty() && flights_.front().deadline <= now) {
    settle(flights_.pop(hub_.flights), Fate::timed_out);
    if (epoch_ != before) return;
  }
  pump();
  if (epoch_ != before) return;
  plan();
  look_drained();
}

void UdpLink::look_drained() {
  if (draining_ && pending() == 0) finish(Fate::connection_lost);
}

void UdpLink::finish(Fate fate) {
  leave();
  cancel();
  socket_.reset();
  finishing_ = true;
  ++epoch_;
  state_ = State::closed;
  draining_ = false;
  again_at_ = kNever;
  no_room_ = 0;
  blocked_ = false;
  busy_ = false;
  failures_ = 0;
  while (!flights_.empty()) settle(flights_.pop(hub_.flights), fate);
  while (!queue_.empty()) {
    ++hub_.counts.evicted;
    std::unique_ptr<Waiting> next = queue_.pop();
    settle(next->ticket, Fate::evicted);
    hub_.waiting.give_back(std::move(next));
  }
  hub_.owner.link_down(key_, "closed");
  finishing_ = false;
  if (std::exchange(reopen_, false)) open();
}

}  // namespace vfleet::uplink
