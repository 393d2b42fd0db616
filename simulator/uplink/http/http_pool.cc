#include "simulator/uplink/http/http_pool.h"

#include <utility>

#include "simulator/core/hash.h"

namespace vfleet::uplink {

class HttpPool::Connection final : public HttpConnection {
 public:
  Connection(HttpShared& shared, HttpPool& pool, std::uint32_t number)
      : HttpConnection(shared, number), pool_(pool) {}

  [[nodiscard]] Accepted send(const Ticket& /*ticket*/, const Message& /*message*/) override {
    return Accepted::offline;  // devices send, over the pool
  }
  [[nodiscard]] std::size_t pending() const override { return in_flight() ? 1 : 0; }
  using HttpConnection::idle;
  using HttpConnection::start;

  PooledLink* current = nullptr;  // whose request is in flight; null: of one that has gone
  bool listed = false;            // among the idle ones

 private:
  void request_sent(TimePoint now) override {
    if (current != nullptr) current->requests_.sent(now);
  }
  void request_answered(unsigned status, std::string_view body) override {
    if (PooledLink* link = take_current()) link->request_answered(status, body);
  }
  void request_lost(Fate fate) override {
    if (PooledLink* link = take_current()) link->request_lost(fate);
  }
  void free() override { pool_.serve(*this); }
  [[nodiscard]] bool has_next() override { return pool_.first_ != nullptr; }
  void closed() override {}
  void tell_up() override {
    up_ = true;
    pool_.connection_up();
  }
  void tell_down(std::string_view reason) override {
    pool_.connection_down(reason, std::exchange(up_, false));
  }
  [[nodiscard]] std::uint64_t identity() const override { return mix(hash("http.pool"), key()); }

  PooledLink* take_current() {
    PooledLink* link = std::exchange(current, nullptr);
    if (link != nullptr) link->carrier_ = nullptr;
    return link;
  }

  HttpPool& pool_;
  bool up_ = false;
};

HttpPool::HttpPool(HttpShared& shared) : shared_(shared) {
  for (std::uint32_t i = 0; i < shared_.config.pool_size; ++i) {
    connections_.push_back(std::make_unique<Connection>(shared_, *this, i));
  }
}

HttpPool::~HttpPool() = default;

// Members.

void HttpPool::join(PooledLink& link) {
  link.place_ = open_.size();
  open_.push_back(&link);
  if (++members_ > 1) return;
  for (const auto& each : connections_) each->open();
}

void HttpPool::leave(PooledLink& link) {
  forget(link);
  if (telling_ != 0) {
    open_[link.place_] = nullptr;
  } else {
    open_[link.place_] = open_.back();
    open_[link.place_]->place_ = link.place_;
    open_.pop_back();
  }
  if (--members_ > 0) return;
  for (const auto& each : connections_) each->close(false);
}

void HttpPool::forget(PooledLink& link) {
  if (Connection* carrier = std::exchange(link.carrier_, nullptr)) carrier->current = nullptr;
  if (!std::exchange(link.wanting_, false)) return;
  (link.prev_ != nullptr ? link.prev_->next_ : first_) = link.next_;
  (link.next_ != nullptr ? link.next_->prev_ : last_) = link.prev_;
  link.next_ = link.prev_ = nullptr;
}

template <class Tell>
void HttpPool::tell_links(Tell tell) {
  ++telling_;
  for (std::size_t i = 0; i < open_.size(); ++i) {  // it may grow meanwhile
    if (open_[i] != nullptr) tell(*open_[i]);
  }
  if (--telling_ != 0) return;
  std::erase(open_, nullptr);
  for (std::size_t i = 0; i < open_.size(); ++i) open_[i]->place_ = i;
}

void HttpPool::connection_up() {
  if (++up_ != 1) return;
  tell_links([this](PooledLink& link) {
    if (up_ != 0) link.come_up();
  });
}

void HttpPool::connection_down(std::string_view reason, bool was_up) {
  if (was_up) --up_;
  if (up_ != 0 || reason == "closed") return;
  tell_links([this, reason](PooledLink& link) {
    if (up_ == 0) link.go_down(reason);
  });
}

// Requests.

HttpPool::Connection* HttpPool::take_idle() {
  while (!idle_.empty()) {
    Connection* last = idle_.back();
    idle_.pop_back();
    last->listed = false;
    if (last->idle()) return last;
  }
  return nullptr;
}

void HttpPool::wants(PooledLink& link) {
  if (!std::exchange(link.wanting_, true)) {
    link.prev_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &link;
    last_ = &link;
  }
  if (Connection* connection = take_idle()) serve(*connection);
}

void HttpPool::start(Connection& connection, PooledLink& link, std::string_view request) {
  connection.current = &link;
  link.carrier_ = &connection;
  connection.start(request);
}

void HttpPool::serve(Connection& connection) {
  while (connection.idle() && first_ != nullptr) {
    PooledLink& link = *first_;
    forget(link);
    if (link.requests_.in_flight()) continue;
    const std::string_view request = link.requests_.next();
    if (!request.empty()) start(connection, link, request);
  }
  if (!connection.idle() || connection.listed) return;
  connection.listed = true;
  idle_.push_back(&connection);
}

// A device.

PooledLink::~PooledLink() {
  if (opened_) pool_.leave(*this);
}

Status PooledLink::act(const LinkCall& /*call*/) {
  return fail(Errc::rejected, "shares its connections with others (connections: pool)");
}

void PooledLink::open() {
  if (ending_) {
    reopen_ = true;
    return;
  }
  draining_ = false;
  cancel();
  if (opened_) return;
  opened_ = true;
  told_down_ = false;
  pool_.join(*this);
  if (opened_ && pool_.up_ != 0) come_up();
}

void PooledLink::close(bool drain) {
  reopen_ = false;
  if (!opened_ || ending_) return;
  if (!drain || !up_ || pending() == 0) {
    finish(Fate::connection_lost);
    return;
  }
  if (draining_) return;
  draining_ = true;
  shared_.loop.timers().arm(*this, shared_.loop.now() + shared_.config.timeout);
}

Accepted PooledLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  HttpPool::Connection* connection =
      requests_.in_flight() || pool_.first_ != nullptr ? nullptr : pool_.take_idle();
  std::string_view request;
  const Accepted accepted = requests_.take(ticket, message, connection != nullptr, request);
  if (!request.empty()) {
    pool_.start(*connection, *this, request);
    return accepted;
  }
  if (connection != nullptr) pool_.serve(*connection);
  go_on();
  return accepted;
}

void PooledLink::come_up() {
  if (up_) return;
  up_ = true;
  told_down_ = false;
  shared_.owner.link_up(key_);
  go_on();
}

void PooledLink::go_down(std::string_view reason) {
  if (draining_) {
    finish(Fate::connection_lost);
    return;
  }
  up_ = false;
  if (std::exchange(told_down_, true)) return;
  shared_.owner.link_down(key_, reason);
}

void PooledLink::request_answered(unsigned status, std::string_view body) {
  requests_.answered(status, body);
  if (opened_ && (up_ || draining_)) shared_.deliver(key_, *this, body);
  go_on();
}

void PooledLink::request_lost(Fate fate) {
  requests_.lost(fate);
  go_on();
}

void PooledLink::go_on() {
  if (!opened_ || ending_) return;
  if (draining_ && pending() == 0) {
    finish(Fate::connection_lost);
    return;
  }
  if (!up_ || wanting_ || requests_.in_flight()) return;
  if (requests_.has_next()) return pool_.wants(*this);
  if (draining_) return;
  if (const TimePoint at = requests_.asks_again(); at != kNever) shared_.loop.timers().arm(*this, at);
}

void PooledLink::expire() {
  if (draining_) {
    finish(Fate::timed_out);
  } else {
    go_on();
  }
}

void PooledLink::finish(Fate fate) {
  ending_ = true;
  cancel();
  opened_ = up_ = draining_ = false;
  pool_.leave(*this);
  if (requests_.in_flight()) requests_.lost(fate);
  requests_.evict_all();
  shared_.owner.link_down(key_, "closed");
  ending_ = false;
  if (std::exchange(reopen_, false)) open();
}

}  // namespace vfleet::uplink
