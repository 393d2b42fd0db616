#include "simulator/uplink/stream_link.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "simulator/core/hash.h"
#include "simulator/core/random.h"

namespace vfleet::uplink {

void StreamLink::open() {
  if (ending_) {
    open_after_ = true;
    return;
  }
  draining_ = false;
  if (state_ != State::closed) return;
  failures_ = 0;
  attempt_ = 0;
  start();
}

void StreamLink::close(bool drain) {
  if (ending_) {
    close_after_ = true;
    open_after_ = false;
    return;
  }
  if (state_ == State::closed) return;
  if (!drain || !up_ || (!has_connection() && pending() == 0)) {
    finish(Fate::connection_lost);
    return;
  }
  if (draining_) return;
  draining_ = true;
  drain_until_ = now() + hub_.settings.drain_timeout;
  hub_.loop.timers().arm(*this, drain_until_);
  look_drained();
}

// Connecting.

void StreamLink::start() {
  if (hub_.addresses().empty()) {
    state_ = State::looking_up;
    hub_.look_up(*this);
  } else {
    state_ = State::gated;
    hub_.gate.wait(*this);
  }
}

void StreamLink::admitted() {
  if (state_ == State::gated) {
    connect();
  } else if (hub_.addresses().empty()) {
    attempt_failed("name_not_resolved");
  } else {
    start();
  }
}

void StreamLink::connect() {
  state_ = State::connecting;
  served_ = false;
  heard_ = false;
  stream_ = hub_.make_stream(key_, *this);
  const TimePoint deadline = now() + hub_.settings.connect_timeout;
  hub_.loop.timers().arm(*this, draining_ ? std::min(deadline, drain_until_) : deadline);
  const net::StreamError error = stream_->connect(hub_.address(attempt_));
  if (error == net::StreamError::none) return;
  note_machine(error);
  attempt_failed(to_string(error));
}

void StreamLink::stream_connected(net::StreamError error) {
  if (error != net::StreamError::none) {
    note_machine(error);
    attempt_failed(to_string(error));
    return;
  }
  if (attempt_ != 0) hub_.prefer(std::exchange(attempt_, std::uint8_t{0}));
  state_ = State::greeting;
  stream_->wait_readable();
  connected();
}

void StreamLink::hold() {
  assert(state_ == State::greeting);
  leave();
  state_ = State::held;
  wake_at(kNever);
}

void StreamLink::ready() {
  assert(state_ == State::greeting || state_ == State::held);
  leave();
  state_ = State::ready;
  ++hub_.totals.connects;
  wake_at(kNever);
  if (!up_) {
    up_ = true;
    tell_up();
  }
  look_drained();
}

void StreamLink::attempt_failed(std::string_view reason) {
  const bool another_address =
      state_ == State::connecting && attempt_ + std::size_t{1} < hub_.addresses().size();
  const bool had_connection = has_connection();
  const State state_before = state_;
  ++hub_.totals.connect_failures[reason];
  if (draining_) {
    finish(Fate::connection_lost);
    return;
  }
  drop_connection();
  if (another_address) {
    ++attempt_;
    start();
    return;
  }
  if (state_before == State::connecting) hub_.distrust_addresses();
  attempt_ = 0;
  up_ = false;
  back_off();
  if (had_connection) {
    tell_lost(Fate::connection_lost, reason);
  } else {
    tell_down(reason);
  }
}

std::uint64_t StreamLink::identity() const {
  return hash(hub_.owner.names(key_).device_id());
}

void StreamLink::back_off() {
  if (failures_ < 255) ++failures_;
  state_ = State::backing_off;
  Random random(hub_.seed, mix(identity(), draws_++), "link.backoff");
  hub_.loop.timers().arm(*this, now() + hub_.settings.backoff.delay(failures_, random));
}

void StreamLink::drop_connection() {
  leave();
  cancel();
  if (stream_ != nullptr) ++epoch_;
  if (faulty_ && deaf()) {
    faulty_ = false;
    hub_.faults.disarm(key_);
  }
  stream_.reset();
  rest_.reset();
  turn_ = false;
}

// Bytes.

StreamLink::Wrote StreamLink::write(std::string_view bytes) {
  assert(has_connection());
  if (faulty_) [[unlikely]]
    return write_as_faulty(bytes);
  return write_plainly(bytes);
}

StreamLink::Wrote StreamLink::write_plainly(std::string_view bytes) {
  if (rest_ != nullptr) {
    rest_->append(bytes);
    return Wrote::kept;
  }
  const auto [written, error] = stream_->write_some(bytes);
  if (error != net::StreamError::none) {
    fail(to_string(error));
    return Wrote::lost;
  }
  hub_.totals.bytes_sent += written;
  if (written == bytes.size()) return Wrote::all;
  rest_ = std::make_unique<std::string>(bytes.substr(written));
  stream_->wait_writable();
  return Wrote::kept;
}

void StreamLink::take_turn() {
  assert(stands());
  turn_ = true;
  stream_->wait_writable();
}

void StreamLink::stream_writable() {
  if (rest_ == nullptr) {
    if (!turn_) return;
    turn_ = false;
    const std::uint8_t before = epoch_;
    turn();
    if (epoch_ == before) look_drained();
    return;
  }
  const auto [written, error] = stream_->write_some(*rest_);
  if (error != net::StreamError::none) {
    fail(to_string(error));
    return;
  }
  hub_.totals.bytes_sent += written;
  rest_->erase(0, written);
  if (!rest_->empty()) {
    stream_->wait_writable();
    return;
  }
  rest_.reset();
  const std::uint8_t before = epoch_;
  flushed();
  if (epoch_ == before) look_drained();
}

void StreamLink::stream_readable() {
  if (faulty_ && deaf()) return;
  const std::span<char> buffer = hub_.network.read_buffer();
  const auto [size, error] = stream_->read_some(buffer);
  if (error != net::StreamError::none) {
    note_silence(error);
    if (error == net::StreamError::closed_by_peer && ended()) return;
    fail(to_string(error));
    return;
  }
  if (size != 0) {
    hub_.totals.bytes_received += size;
    heard_ = true;
    const std::uint8_t before = epoch_;
    received({buffer.data(), size});
    if (epoch_ != before) return;
  }
  stream_->wait_readable();
  look_drained();
}

/// A server that expects TLS ends a plain connection without saying why: people are told what it may be.
void StreamLink::note_silence(net::StreamError error) {
  const bool ended = error == net::StreamError::closed_by_peer || error == net::StreamError::reset;
  const bool asked = state_ == State::greeting || pending() != 0;
  net::StreamSource* const source = hub_.settings.source.get();
  if (!ended || !asked || heard_ || source == nullptr || source->has_tls()) return;
  source->trouble(error,
                  "the server ended the connection without a word; if it expects TLS on this port, the url's "
                  "scheme has to say so");
}

/// It is this machine that lacks something, not the platform.
void StreamLink::note_machine(net::StreamError error) {
  using net::StreamError;
  if (error != StreamError::source_address && error != StreamError::no_ports &&
      error != StreamError::no_descriptors)
    return;
  if (net::StreamSource* const source = hub_.settings.source.get()) source->trouble(error, {});
}

void StreamLink::wake_at(TimePoint deadline) {
  assert(stands());
  hub_.loop.timers().arm(*this, draining_ ? std::min(deadline, drain_until_) : deadline);
}

void StreamLink::expire() {
  if (draining_ && now() >= drain_until_) {
    finish(Fate::timed_out);
    return;
  }
  switch (state_) {
    case State::connecting:
      if (const std::string why = stream_->detail(); why.empty()) {
        attempt_failed("connect_timed_out");
      } else {
        hub_.settings.source->trouble(net::StreamError::connect_timed_out, why);
        attempt_failed("handshake_timed_out");
      }
      break;
    case State::greeting:
      attempt_failed("handshake_timed_out");
      break;
    case State::backing_off:
      start();
      break;
    case State::held:
    case State::ready: {
      const std::uint8_t before = epoch_;
      woken();
      if (epoch_ == before) look_drained();
      break;
    }
    case State::closed:
    case State::parted:
    case State::looking_up:
    case State::gated:
      break;
  }
}

// Ends.

void StreamLink::fail(std::string_view reason, Fate fate) {
  if (ending_) return;
  if (state_ == State::greeting || state_ == State::held) {
    attempt_failed(reason);
    return;
  }
  if (state_ != State::ready) return;
  ++hub_.totals.disconnects[reason];
  if (draining_) {
    finish(fate);
    return;
  }
  drop_connection();
  up_ = false;
  // A server that ends connections it has served is met again at once (at the gate's pace); one that ends
  // them unserved, or does not answer, is given time.
  state_ = State::parted;
  if (!served_ || fate == Fate::timed_out) back_off();
  tell_lost(fate, reason);
  if (state_ == State::parted) start();
}

void StreamLink::tell_lost(Fate fate, std::string_view reason) {
  ending_ = true;
  lost(fate, false);
  if (!close_after_) tell_down(reason);  // else "closed" tells it
  ending_ = false;
  const bool reclose = close_after_;
  const bool reopen = open_after_;
  close_after_ = false;
  open_after_ = false;
  if (!reclose) return;
  finish(fate);
  if (reopen) open();
}

void StreamLink::part() {
  if (!has_connection()) return;
  drop_connection();
  state_ = State::parted;
  if (draining_) hub_.loop.timers().arm(*this, drain_until_);
}

void StreamLink::resume() {
  if (state_ != State::parted) return;
  if (draining_ && pending() == 0) {
    finish(Fate::connection_lost);
  } else {
    start();
  }
}

void StreamLink::look_drained() {
  if (!draining_ || state_ != State::ready || pending() != 0 || blocked()) return;
  ending_ = true;  // a failing write must not end it twice
  parting();
  ending_ = false;
  finish(Fate::connection_lost);
}

void StreamLink::finish(Fate fate) {
  drop_connection();
  ending_ = true;
  up_ = false;
  draining_ = false;
  state_ = State::closed;
  lost(fate, true);
  tell_down("closed");
  ending_ = false;
  close_after_ = false;
  if (!open_after_) return;
  open_after_ = false;
  open();
}

}  // namespace vfleet::uplink
