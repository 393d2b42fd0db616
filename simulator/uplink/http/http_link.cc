#include "simulator/uplink/http/http_link.h"

#include <algorithm>
#include <utility>

#include "simulator/codec/http/command_list.h"
#include "simulator/core/hash.h"

namespace vfleet::uplink {

struct HttpLink::Waiting {
  Ticket ticket;
  std::string request;
  std::unique_ptr<Waiting> next;
};

HttpLink::HttpLink(HttpShared& shared, LinkKey key, const LinkIdentity& identity)
    : shared_(shared),
      key_(key),
      type_(shared.intern(identity.type)),
      id_(identity.device_id),
      random_(identity.seed, hash(identity.device_id), "http.backoff") {}

HttpLink::~HttpLink() {
  while (first_ != nullptr) (void)pop();  // one by one: a long list would recurse
}

void HttpLink::open() {
  if (finishing_) {
    reopen_ = true;
    return;
  }
  draining_ = false;
  if (state_ != State::closed) return;
  failures_ = 0;
  attempt_ = 0;
  start();
}

void HttpLink::close(bool drain) {
  reopen_ = false;
  if (state_ == State::closed || finishing_) return;
  if (!drain || !up_ || pending() == 0) {
    finish(Fate::connection_lost);
    return;
  }
  if (draining_) return;
  draining_ = true;
  drain_until_ = shared_.loop.now() + shared_.config.timeout;
  shared_.loop.timers().arm(*this, drain_until_);
}

Accepted HttpLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  if (state_ == State::idle && first_ == nullptr) {
    shared_.request.write({id_, type_, message.type}, message.body, shared_.scratch);
    write(ticket, shared_.scratch);
    return Accepted::yes;
  }
  if (queued_ < shared_.config.queue_max) {
    enqueue(ticket, message.type, message.body);
    return Accepted::yes;
  }
  if (shared_.config.when_full == WhenFull::refuse) return Accepted::queue_full;
  ++shared_.totals.evicted;
  if (shared_.config.when_full == WhenFull::drop_newest || first_ == nullptr) {
    settle(ticket, Fate::evicted);
    return Accepted::yes;
  }
  const std::unique_ptr<Waiting> oldest = pop();
  enqueue(ticket, message.type, message.body);
  settle(oldest->ticket, Fate::evicted);
  return Accepted::yes;
}

void HttpLink::enqueue(const Ticket& ticket, std::string_view type, std::string_view body) {
  auto waiting = std::make_unique<Waiting>();
  waiting->ticket = ticket;
  shared_.request.write({id_, type_, type}, body, shared_.scratch);
  waiting->request = shared_.scratch;
  std::unique_ptr<Waiting>& end = last_ != nullptr ? last_->next : first_;
  last_ = waiting.get();
  end = std::move(waiting);
  ++queued_;
}

std::unique_ptr<HttpLink::Waiting> HttpLink::pop() {
  std::unique_ptr<Waiting> taken = std::move(first_);
  first_ = std::move(taken->next);
  if (first_ == nullptr) last_ = nullptr;
  --queued_;
  return taken;
}

void HttpLink::arm(Duration delay) {
  const TimePoint deadline = shared_.loop.now() + delay;
  shared_.loop.timers().arm(*this, draining_ ? std::min(deadline, drain_until_) : deadline);
}

// Connecting.

void HttpLink::start() {
  if (shared_.addresses().empty()) {
    state_ = State::looking_up;
    shared_.look_up(*this);
  } else {
    state_ = State::gated;
    shared_.gate.wait(*this);
  }
}

void HttpLink::admitted() {
  if (state_ == State::gated) {
    connect();
  } else if (shared_.addresses().empty()) {
    connect_failed("name_not_resolved");
  } else {
    start();
  }
}

void HttpLink::connect() {
  state_ = State::connecting;
  served_ = false;
  stream_ = shared_.network.make_stream(*this);
  arm(shared_.config.connect_timeout);
  const net::StreamError error = stream_->connect(shared_.address(attempt_));
  if (error != net::StreamError::none) connect_failed(to_string(error));
}

void HttpLink::stream_connected(net::StreamError error) {
  if (error != net::StreamError::none) {
    connect_failed(to_string(error));
    return;
  }
  leave();
  if (!draining_) cancel();
  if (attempt_ != 0) shared_.prefer(std::exchange(attempt_, std::uint8_t{0}));
  ++shared_.totals.connects;
  state_ = State::idle;
  stream_->wait_readable();
  if (!up_) {
    up_ = true;
    shared_.owner.link_up(key_);
  }
  pump();
}

void HttpLink::connect_failed(std::string_view reason) {
  drop_connection();
  ++shared_.totals.connect_failures[reason];
  if (draining_) {
    finish(Fate::connection_lost);
    return;
  }
  // A name with several addresses: the others at once, then a wait.
  if (state_ == State::connecting && attempt_ + std::size_t{1} < shared_.addresses().size()) {
    ++attempt_;
    start();
    return;
  }
  attempt_ = 0;
  up_ = false;
  back_off();
  shared_.owner.link_down(key_, reason);
}

void HttpLink::back_off() {
  if (failures_ < 255) ++failures_;
  state_ = State::backing_off;
  arm(shared_.config.backoff.delay(failures_, random_));
}

void HttpLink::drop_connection() {
  leave();
  cancel();
  stream_.reset();
  rest_.reset();
  shared_.take_back(std::move(reader_));
}

// Sending.

void HttpLink::pump() {
  while (state_ == State::idle && first_ != nullptr) {
    const std::unique_ptr<Waiting> next = pop();
    write(next->ticket, next->request);
  }
  if (draining_ && state_ == State::idle) finish(Fate::connection_lost);
}

void HttpLink::write(const Ticket& ticket, std::string_view bytes) {
  ticket_ = ticket;
  state_ = State::sending;
  ++shared_.totals.requests;
  arm(shared_.config.timeout);
  const auto [written, error] = stream_->write_some(bytes);
  if (error != net::StreamError::none) {
    broken(to_string(error));
    return;
  }
  shared_.totals.bytes_sent += written;
  if (written == bytes.size()) {
    handed_over();
    return;
  }
  rest_ = std::make_unique<std::string>(bytes.substr(written));
  stream_->wait_writable();
}

void HttpLink::stream_writable() {
  if (state_ != State::sending || rest_ == nullptr) return;
  const auto [written, error] = stream_->write_some(*rest_);
  if (error != net::StreamError::none) {
    broken(to_string(error));
    return;
  }
  shared_.totals.bytes_sent += written;
  rest_->erase(0, written);
  if (!rest_->empty()) {
    stream_->wait_writable();
    return;
  }
  rest_.reset();
  handed_over();
}

void HttpLink::handed_over() {
  state_ = State::awaiting;
  shared_.owner.report_sent(key_, ticket_);
}

// Receiving.

void HttpLink::stream_readable() {
  const std::span<char> buffer = shared_.network.read_buffer();
  const auto [size, error] = stream_->read_some(buffer);
  using Progress = codec::http::ResponseReader::Progress;
  if (error != net::StreamError::none) {
    const bool ended = error == net::StreamError::closed_by_peer && reader_ != nullptr;
    if (ended && reader_->end() == Progress::done) {
      answered({});
    } else {
      broken(to_string(error));
    }
    return;
  }
  if (size == 0) {
    stream_->wait_readable();
    return;
  }
  shared_.totals.bytes_received += size;
  if (!in_flight()) {
    broken("protocol_error");  // an answer to nothing
    return;
  }
  if (reader_ == nullptr) reader_ = shared_.lend_reader();
  const std::string_view bytes(buffer.data(), size);
  std::size_t consumed = 0;
  switch (reader_->feed(bytes, consumed)) {
    case Progress::more:
      stream_->wait_readable();
      break;
    case Progress::done:
      answered(bytes.substr(consumed));
      break;
    case Progress::malformed:
    case Progress::too_large:
      broken("protocol_error");
      break;
  }
}

void HttpLink::answered(std::string_view rest) {
  std::unique_ptr<codec::http::ResponseReader> reader = std::move(reader_);
  const unsigned status = reader->status();
  // An answer to half a request, or more than one answer: what follows on this connection means nothing.
  const bool keep = state_ == State::awaiting && reader->keep_alive() && rest.empty();
  const Ticket ticket = ticket_;
  served_ = true;
  failures_ = 0;
  ++shared_.totals.answers[status];
  if (keep) {
    if (!draining_) cancel();
    state_ = State::idle;
    stream_->wait_readable();
  } else {
    drop_connection();
    if (draining_) shared_.loop.timers().arm(*this, drain_until_);
    state_ = State::parted;
  }
  settle(ticket, status >= 200 && status < 300 ? Fate::acked : Fate::refused);
  if (up_) deliver(reader->body());
  shared_.take_back(std::move(reader));
  if (state_ == State::parted) {
    if (draining_ && first_ == nullptr) {
      finish(Fate::connection_lost);
    } else {
      start();
    }
    return;
  }
  pump();
}

void HttpLink::deliver(std::string_view body) {
  if (body.empty()) return;
  const auto found = codec::http::for_each_command(body, [this](std::string_view message) {
    ++shared_.totals.messages;
    shared_.owner.message_received(key_, message);
    return up_;
  });
  if (found == codec::http::CommandList::malformed) ++shared_.totals.malformed_commands;
}

// Ends.

void HttpLink::broken(std::string_view reason) {
  const bool lost = in_flight();
  const Ticket ticket = ticket_;
  const bool timed_out = reason == "timed_out";
  const Fate fate = timed_out ? Fate::timed_out : Fate::connection_lost;
  ++shared_.totals.disconnects[reason];
  if (draining_) {
    finish(fate);
    return;
  }
  drop_connection();
  up_ = false;
  // A server that ends connections it has served is met again at once (at the gate's pace); one that ends
  // them unserved, or does not answer, is given time.
  const bool at_once = served_ && !timed_out;
  state_ = State::parted;
  if (!at_once) back_off();
  const State next = state_;
  if (lost) {
    settle(ticket, fate);
    // The owner may have closed and opened the link meanwhile: then the end of this connection is old news.
    if (state_ != next || finishing_) return;
  }
  shared_.owner.link_down(key_, reason);
  if (state_ == State::parted) start();
}

void HttpLink::expire() {
  if (draining_) {
    finish(Fate::timed_out);
    return;
  }
  switch (state_) {
    case State::connecting:
      connect_failed("connect_timed_out");
      break;
    case State::backing_off:
      start();
      break;
    case State::sending:
    case State::awaiting:
      broken("timed_out");
      break;
    case State::closed:
    case State::parted:
    case State::looking_up:
    case State::gated:
    case State::idle:
      break;
  }
}

void HttpLink::finish(Fate fate) {
  const bool lost = in_flight();
  const Ticket ticket = ticket_;
  drop_connection();
  finishing_ = true;
  up_ = false;
  draining_ = false;
  state_ = State::closed;
  if (lost) settle(ticket, fate);
  while (first_ != nullptr) {
    ++shared_.totals.evicted;
    settle(pop()->ticket, Fate::evicted);
  }
  shared_.owner.link_down(key_, "closed");
  finishing_ = false;
  if (std::exchange(reopen_, false)) open();
}

void HttpLink::settle(const Ticket& ticket, Fate fate) {
  shared_.owner.report_settled(key_, ticket, fate);
}

}  // namespace vfleet::uplink
