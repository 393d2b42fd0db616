#include "simulator/uplink/http/http_connection.h"

#include <utility>

namespace vfleet::uplink {

HttpConnection::~HttpConnection() {
  shared_.take_back(std::move(reader_));
}

void HttpConnection::connected() {
  const std::uint8_t before = epoch();
  watched_ = false;
  ready();
  if (epoch() == before && idle()) free();
}

// Sending.

void HttpConnection::start(std::string_view request) {
  request_ = Request::sending;
  ++shared_.counts.requests;
  deadline_ = now() + shared_.config.timeout;
  // The wake of an earlier request comes early enough: it costs less to look in vain once a time-out than to
  // set it for each.
  if (!std::exchange(watched_, true)) wake_at(deadline_);
  if (write(request) == Wrote::all) handed_over();
}

void HttpConnection::flushed() {
  if (request_ == Request::sending) handed_over();
}

void HttpConnection::handed_over() {
  request_ = Request::awaiting;
  request_sent();
}

// Receiving.

void HttpConnection::received(std::string_view bytes) {
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

bool HttpConnection::ended() {
  if (reader_ != nullptr && reader_->end() == codec::http::ResponseReader::Progress::done) {
    answered({});
    return true;
  }
  if (in_flight() || !has_served()) return false;
  // A server may end what nobody uses (its keep-alive time, a reload): that is no failure.
  ++shared_.counts.idle_closes;
  part();
  resume();
  return true;
}

void HttpConnection::answered(std::string_view rest) {
  std::unique_ptr<codec::http::ResponseReader> reader = std::move(reader_);
  const unsigned status = reader->status();
  // An answer to half a request, or more than one answer: what follows on this connection means nothing.
  const bool keep = request_ == Request::awaiting && reader->keep_alive() && rest.empty();
  request_ = Request::none;
  served();
  shared_.counts.answered(status);
  if (!keep) part();
  request_answered(status, reader->body());
  shared_.take_back(std::move(reader));
  resume();
  if (idle()) free();
}

// Ends.

void HttpConnection::look_at(TimePoint at) {
  watched_ = false;
  wake_at(at);
}

void HttpConnection::woken() {
  watched_ = false;
  if (in_flight() && now() >= deadline_) {
    fail("timed_out", Fate::timed_out);
  } else if (in_flight()) {
    watched_ = true;
    wake_at(deadline_);
  } else if (idle()) {
    free();
  }
}

void HttpConnection::lost(Fate fate, bool closing) {
  shared_.take_back(std::move(reader_));
  if (in_flight()) {
    request_ = Request::none;
    request_lost(fate);
  }
  if (closing) closed();
}

}  // namespace vfleet::uplink
