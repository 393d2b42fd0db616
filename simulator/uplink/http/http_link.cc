#include "simulator/uplink/http/http_link.h"

#include <utility>

#include "simulator/codec/http/command_list.h"

namespace vfleet::uplink {

HttpLink::HttpLink(HttpShared& shared, LinkKey key, const LinkIdentity& identity)
    : StreamLink(shared, key),
      shared_(shared),
      type_(shared.intern(identity.type)),
      id_(identity.device_id) {}

HttpLink::~HttpLink() {
  shared_.take_back(std::move(reader_));
}

Accepted HttpLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  shared_.request.write({id_, type_, message.type}, message.body, shared_.scratch);
  if (idle() && queue_.empty()) {
    start(ticket, shared_.scratch);
    return Accepted::yes;
  }
  const SendQueue::Offer offer = queue_.offer(ticket, shared_.scratch, shared_.config.queue_max,
                                              shared_.config.when_full, shared_.waiting);
  if (offer.evicted) {
    ++shared_.counts.evicted;
    settle(*offer.evicted, Fate::evicted);
  }
  return offer.accepted;
}

void HttpLink::connected() {
  const std::uint8_t before = epoch();
  ready();
  if (epoch() == before) pump();
}

// Sending.

void HttpLink::pump() {
  while (idle() && !queue_.empty()) {
    std::unique_ptr<Waiting> next = queue_.pop();
    start(next->ticket, next->bytes);
    shared_.waiting.give_back(std::move(next));
  }
}

void HttpLink::start(const Ticket& ticket, std::string_view bytes) {
  ticket_ = ticket;
  request_ = Request::sending;
  ++shared_.counts.requests;
  deadline_ = now() + shared_.config.timeout;
  wake_at(deadline_);
  if (write(bytes) == Wrote::all) handed_over();
}

void HttpLink::flushed() {
  if (request_ == Request::sending) handed_over();
}

void HttpLink::handed_over() {
  request_ = Request::awaiting;
  shared_.owner.report_sent(key(), ticket_);
}

// Receiving.

void HttpLink::received(std::string_view bytes) {
  using Progress = codec::http::ResponseReader::Progress;
  if (!in_flight()) {
    fail("protocol_error");  // an answer to nothing
    return;
  }
  if (reader_ == nullptr) reader_ = shared_.lend_reader();
  std::size_t consumed = 0;
  switch (reader_->feed(bytes, consumed)) {
    case Progress::more:
      break;
    case Progress::done:
      answered(bytes.substr(consumed));
      break;
    case Progress::malformed:
    case Progress::too_large:
      fail("protocol_error");
      break;
  }
}

bool HttpLink::ended() {
  if (reader_ == nullptr || reader_->end() != codec::http::ResponseReader::Progress::done) return false;
  answered({});
  return true;
}

void HttpLink::answered(std::string_view rest) {
  std::unique_ptr<codec::http::ResponseReader> reader = std::move(reader_);
  const unsigned status = reader->status();
  // An answer to half a request, or more than one answer: what follows on this connection means nothing.
  const bool keep = request_ == Request::awaiting && reader->keep_alive() && rest.empty();
  const Ticket ticket = ticket_;
  request_ = Request::none;
  served();
  ++shared_.counts.answers[status];
  if (keep) {
    wake_at(kNever);
  } else {
    part();
  }
  settle(ticket, status >= 200 && status < 300 ? Fate::acked : Fate::refused);
  if (up() || is_draining()) deliver(reader->body());
  shared_.take_back(std::move(reader));
  resume();
  pump();
}

void HttpLink::deliver(std::string_view body) {
  if (body.empty()) return;
  const auto found = codec::http::for_each_command(body, [this](std::string_view message) {
    ++shared_.counts.messages;
    shared_.owner.message_received(key(), message);
    return up() || is_draining();
  });
  if (found == codec::http::CommandList::malformed) ++shared_.counts.malformed_commands;
}

// Ends.

void HttpLink::woken() {
  if (in_flight() && now() >= deadline_) {
    fail("timed_out", Fate::timed_out);
  } else if (in_flight()) {
    wake_at(deadline_);
  }
}

void HttpLink::lost(Fate fate, bool closed) {
  shared_.take_back(std::move(reader_));
  if (in_flight()) {
    request_ = Request::none;
    settle(ticket_, fate);
  }
  while (closed && !queue_.empty()) {
    ++shared_.counts.evicted;
    std::unique_ptr<Waiting> next = queue_.pop();
    settle(next->ticket, Fate::evicted);
    shared_.waiting.give_back(std::move(next));
  }
}

void HttpLink::settle(const Ticket& ticket, Fate fate) {
  shared_.owner.report_settled(key(), ticket, fate);
}

}  // namespace vfleet::uplink
