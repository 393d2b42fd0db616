#include "simulator/uplink/http/http_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "simulator/core/hash.h"
#include "simulator/core/random.h"
#include "simulator/core/utf8.h"

namespace vfleet::uplink {

namespace {

/// The owner sends what it is asked for in its next turn, unless the link is down by then.
constexpr Duration kAskAgain = std::chrono::seconds(5);

}  // namespace

struct HttpRequests::Session {
  std::string token;             // empty: none
  TimePoint expires = kNever;    // of the token
  SendQueue logins;              // go before everything else
  TimePoint next_ask{};          // after a refusal, or when what was asked for has not come
  std::uint8_t failures = 0;     // refusals in a row
  bool login_in_flight = false;  // the request in flight is one
  bool impossible = false;       // the device has no such report
};

HttpRequests::HttpRequests(HttpShared& shared, LinkKey key) : shared_(shared), key_(key) {
  if (!shared.config.login.report.empty()) session_ = std::make_unique<Session>();
}

HttpRequests::~HttpRequests() = default;

std::size_t HttpRequests::pending() const {
  return queue_.size() + (in_flight_ ? 1 : 0) + (session_ != nullptr ? session_->logins.size() : 0);
}

Accepted HttpRequests::take(const Ticket& ticket, const Message& message, bool can_start,
                            std::string_view& request) {
  request = {};
  if (!shared_.render(key_, message)) {  // its picture is no picture: an operator's payload
    settle(ticket, Fate::evicted);
    return Accepted::yes;
  }
  const bool login = session_ != nullptr && message.type == shared_.config.login.report;
  const bool allowed = login || may_go();  // also when it must wait: that asks for a login
  if (can_start && allowed && (login || queue_.empty())) {
    begin(ticket, login);
    request = login ? std::string_view(shared_.scratch) : authorized(shared_.scratch);
    return Accepted::yes;
  }
  SendQueue& queue = login ? session_->logins : queue_;
  const SendQueue::Offer offer = queue.offer(ticket, shared_.scratch, shared_.config.queue_max,
                                             shared_.config.when_full, shared_.waiting);
  if (offer.evicted) {
    ++shared_.counts.evicted;
    settle(*offer.evicted, Fate::evicted);
  }
  return offer.accepted;
}

bool HttpRequests::has_next() {
  if (session_ != nullptr && !session_->logins.empty()) return true;
  return !queue_.empty() && may_go();
}

TimePoint HttpRequests::asks_again() const {
  if (session_ == nullptr || session_->impossible || in_flight_ || queue_.empty()) return kNever;
  return session_->logins.empty() ? session_->next_ask : kNever;
}

std::string_view HttpRequests::next() {
  const bool login = session_ != nullptr && !session_->logins.empty();
  if (!login && (queue_.empty() || !may_go())) return {};
  std::unique_ptr<Waiting> item = login ? session_->logins.pop() : queue_.pop();
  begin(item->ticket, login);
  std::swap(shared_.scratch, item->bytes);
  shared_.waiting.give_back(std::move(item));
  return login ? std::string_view(shared_.scratch) : authorized(shared_.scratch);
}

void HttpRequests::begin(const Ticket& ticket, bool login) {
  ticket_ = ticket;
  in_flight_ = true;
  if (session_ != nullptr) session_->login_in_flight = login;
}

// Logging in.

bool HttpRequests::may_go() {
  if (session_ == nullptr || session_->impossible) return true;
  const TimePoint now = shared_.loop.now();
  if (session_->token.empty() || now >= session_->expires) {
    ask_for_login();
    return session_->impossible;
  }
  if (session_->expires != kNever && now >= session_->expires - shared_.config.login.renew_before) {
    ask_for_login();
  }
  return true;
}

void HttpRequests::ask_for_login() {
  Session& s = *session_;
  if (!s.logins.empty() || (in_flight_ && s.login_in_flight)) return;
  const TimePoint now = shared_.loop.now();
  if (now < s.next_ask) return;
  s.next_ask = now + kAskAgain;
  ++shared_.counts.logins_wanted;
  if (!shared_.owner.report_wanted(key_, shared_.config.login.report)) s.impossible = true;
}

std::string_view HttpRequests::authorized(std::string_view request) {
  if (session_ == nullptr || session_->token.empty()) return request;
  codec::http::RequestTemplate::authorize(request, session_->token, shared_.authorized);
  return shared_.authorized;
}

void HttpRequests::login_answered(unsigned status, std::string_view body) {
  Session& s = *session_;
  const LoginAnswer answer = status >= 200 && status < 300 ? shared_.read_login(body) : LoginAnswer{};
  if (answer.token.empty()) {
    shared_.login_failed(key_, status);
    s.token.clear();
    s.failures = static_cast<std::uint8_t>(std::min(s.failures + 1, 255));
    const std::uint64_t device = hash(shared_.owner.names(key_).device_id());
    Random random(shared_.seed, mix(device, s.failures), "http.login");
    s.next_ask = shared_.loop.now() + shared_.settings.backoff.delay(s.failures, random);
    return;
  }
  s.token = answer.token;
  s.failures = 0;
  s.next_ask = {};
  s.expires = answer.lifetime == Duration::zero() ? kNever : shared_.loop.now() + answer.lifetime;
}

// Ends.

void HttpRequests::sent(TimePoint now) {
  ticket_.left(now);
  shared_.owner.report_sent(key_, ticket_);
}

void HttpRequests::answered(unsigned status, std::string_view body) {
  in_flight_ = false;
  if (session_ != nullptr) {
    if (std::exchange(session_->login_in_flight, false)) {
      login_answered(status, body);
    } else if (status == 401 && !session_->impossible) {
      session_->token.clear();  // the next report waits for another one
      ask_for_login();
    }
  }
  if (status >= 200 && status < 300) return settle(ticket_, Fate::acked);
  // On the stack: a platform that refuses everything costs no memory.
  std::array<char, 256> why;
  const auto end = fmt::format_to_n(why.data(), why.size(), "HTTP {}{}{}", status, body.empty() ? "" : ": ",
                                    beginning(body, 200))
                       .out;
  shared_.owner.report_refused(key_, ticket_, {why.data(), end});
}

void HttpRequests::lost(Fate fate) {
  in_flight_ = false;
  if (session_ != nullptr) session_->login_in_flight = false;
  settle(ticket_, fate);
}

void HttpRequests::evict_all() {
  const auto empty = [this](SendQueue& queue) {
    while (!queue.empty()) {
      ++shared_.counts.evicted;
      std::unique_ptr<Waiting> item = queue.pop();
      const Ticket ticket = item->ticket;
      shared_.waiting.give_back(std::move(item));
      settle(ticket, Fate::evicted);
    }
  };
  if (session_ != nullptr) {
    session_->next_ask = {};
    empty(session_->logins);
  }
  empty(queue_);
}

void HttpRequests::settle(const Ticket& ticket, Fate fate) {
  shared_.owner.report_settled(key_, ticket, fate);
}

}  // namespace vfleet::uplink
