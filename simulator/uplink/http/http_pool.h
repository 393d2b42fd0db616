#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "simulator/schedule/timer_wheel.h"
#include "simulator/uplink/http/http_connection.h"
#include "simulator/uplink/http/http_requests.h"

namespace vfleet::uplink {

class PooledLink;

/// Connections that all devices of the uplink share, as behind a gateway. Each takes the next device that has
/// something to send, first come first served; of one device one request is in flight at a time, so that its
/// reports arrive in order. The pool connects with the first link that opens and closes with the last one;
/// links are up while any connection stands. Outlives its links.
class HttpPool {
 public:
  explicit HttpPool(HttpShared& shared);
  ~HttpPool();
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

 private:
  friend class PooledLink;
  class Connection;

  void join(PooledLink& link);    // opened
  void leave(PooledLink& link);   // closed
  void forget(PooledLink& link);  // its place in the line, and its request that is out
  /// A connection that is idle; null: none.
  [[nodiscard]] Connection* take_idle();
  void wants(PooledLink& link);  // behind the others that wait
  void start(Connection& connection, PooledLink& link, std::string_view request);
  void serve(Connection& connection);
  void connection_up();
  void connection_down(std::string_view reason, bool was_up);
  template <class Tell>
  void tell_links(Tell tell);

  HttpShared& shared_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  std::vector<PooledLink*> open_;  // null: left
  PooledLink* first_ = nullptr;    // that want a connection
  PooledLink* last_ = nullptr;
  std::size_t members_ = 0;
  std::size_t up_ = 0;       // connections that stand
  std::size_t telling_ = 0;  // inside so many tell_links()
};

/// A device that sends over the pool.
class PooledLink final : public Link, schedule::Timer {
 public:
  PooledLink(HttpShared& shared, HttpPool& pool, LinkKey key)
      : shared_(shared), pool_(pool), requests_(shared, key), key_(key) {}
  ~PooledLink() override;

  void open() override;
  void close(bool drain) override;
  [[nodiscard]] bool up() const override { return up_ && !draining_; }
  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override;
  [[nodiscard]] std::size_t pending() const override { return requests_.pending(); }
  [[nodiscard]] bool refuses(std::string_view /*report*/) const override {
    return up() && requests_.refuses();
  }
  [[nodiscard]] Status act(const LinkCall& call) override;

 private:
  friend class HttpPool;
  void expire() override;  // the drain, or a login that is asked for again
  void come_up();
  void go_down(std::string_view reason);
  void request_answered(unsigned status, std::string_view body);
  void request_lost(Fate fate);
  void go_on();
  void finish(Fate fate);

  HttpShared& shared_;
  HttpPool& pool_;
  HttpRequests requests_;
  PooledLink* next_ = nullptr;  // in the line
  PooledLink* prev_ = nullptr;
  HttpPool::Connection* carrier_ = nullptr;  // of the request in flight
  std::size_t place_ = 0;                    // in the pool's list
  LinkKey key_;
  bool opened_ = false;
  bool up_ = false;  // the owner was told so
  bool draining_ = false;
  bool wanting_ = false;    // in the pool's line
  bool told_down_ = false;  // in this outage
  bool ending_ = false;     // inside finish()
  bool reopen_ = false;     // open() was called there
};

}  // namespace vfleet::uplink
