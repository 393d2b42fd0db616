#include "simulator/uplink/http/http_connection.h"

#include <utility>

#include "simulator/uplink/strange_answer.h"

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
  const Wrote wrote = write(request);
  if (wrote == Wrote::lost) return;
  const TimePoint at = now();
  expect_answer(at);
  if (wrote == Wrote::all) handed_over(at);
}

void HttpConnection::expect_answer(TimePoint now) {
  deadline_ = now + shared_.config.timeout;
  // The wake of an earlier request comes early enough: it costs less to look in vain once a time-out than to
  // set it for each.
  if (!std::exchange(watched_, true)) wake_at(deadline_);
}

void HttpConnection::flushed() {
  if (request_ == Request::sending) handed_over(now());
}

void HttpConnection::handed_over(TimePoint now) {
  request_ = Request::awaiting;
  request_sent(now);
}

// Receiving.

void HttpConnection::received(std::string_view bytes) {
  using Progress = codec::http::ResponseReader::Progress;
  if (!in_flight()) {
    fail("answer_unasked");
    return;
  }
  const bool fresh = reader_ == nullptr;
  if (fresh && shared_.known.is(bytes)) return answered(shared_.known.answer(), true);
  if (fresh) reader_ = shared_.lend_reader();
  std::size_t consumed = 0;
  switch (reader_->feed(bytes, consumed)) {
    case Progress::more:
      break;
    case Progress::done: {
      std::unique_ptr<codec::http::ResponseReader> reader = std::move(reader_);
      const bool last = consumed == bytes.size();
      if (fresh && last) shared_.known.learn(bytes, reader->answer());
      answered(reader->answer(), last);
      shared_.take_back(std::move(reader));
      break;
    }
    case Progress::malformed:
      if (fresh && !has_served()) tell_strange_answer(shared_, "HTTP", bytes);
      fail("answer_malformed");
      break;
    case Progress::too_large:
      fail("answer_too_large");
      break;
  }
}

bool HttpConnection::ended() {
  if (reader_ != nullptr && reader_->end() == codec::http::ResponseReader::Progress::done) {
    std::unique_ptr<codec::http::ResponseReader> reader = std::move(reader_);
    answered(reader->answer(), true);
    shared_.take_back(std::move(reader));
    return true;
  }
  if (in_flight() || !has_served()) return false;
  // A server may end what nobody uses (its keep-alive time, a reload): that is no failure.
  ++shared_.counts.idle_closes;
  part();
  resume();
  return true;
}

void HttpConnection::answered(const codec::http::ResponseReader::Answer& answer, bool last) {
  // An answer to half a request, or more than one answer: what follows on this connection means nothing.
  const bool keep = request_ == Request::awaiting && answer.keep_alive && last;
  request_ = Request::none;
  served();
  shared_.counts.answered(answer.status);
  if (!keep) part();
  request_answered(answer.status, answer.body);
  resume();
  if (!idle()) return;
  if (has_next()) {
    take_turn();
  } else {
    free();
  }
}

void HttpConnection::turn() {
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
