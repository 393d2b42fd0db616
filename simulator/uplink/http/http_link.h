#pragma once

#include <memory>
#include <string>

#include "simulator/core/random.h"
#include "simulator/schedule/timer_wheel.h"
#include "simulator/uplink/http/http_shared.h"

namespace vfleet::uplink {

/// One device's connection: at most one request in flight, the others wait in a bounded queue. The link stays
/// up while it replaces a connection that the server ended in order ("Connection: close"); reports that wait
/// outlive a lost connection, the one in flight does not.
///
/// Every call to the owner may come back with send(), open() or close(): state is made whole before each, and
/// looked at again after it.
class HttpLink final : public Link, net::StreamEvents, net::Waiter, schedule::Timer {
 public:
  HttpLink(HttpShared& shared, LinkKey key, const LinkIdentity& identity);
  ~HttpLink() override;

  void open() override;
  void close(bool drain) override;
  [[nodiscard]] bool up() const override { return up_ && !draining_; }
  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override;
  [[nodiscard]] std::size_t pending() const override { return queued_ + (in_flight() ? 1 : 0); }

 private:
  enum class State : std::uint8_t {
    closed,
    parted,      ///< open, without a connection, about to start one
    looking_up,  ///< waits for the platform's address
    gated,       ///< waits for its turn to connect
    connecting,
    backing_off,
    idle,      ///< connected, nothing in flight
    sending,   ///< part of the request is still here
    awaiting,  ///< the request is with the kernel
  };
  struct Waiting;  // a report in the queue

  void stream_connected(net::StreamError error) override;
  void stream_readable() override;
  void stream_writable() override;
  void admitted() override;  // looked up, or its turn to connect
  void expire() override;    // whatever the state waits for

  [[nodiscard]] bool in_flight() const { return state_ == State::sending || state_ == State::awaiting; }
  void start();
  void connect();
  void connect_failed(std::string_view reason);
  void enqueue(const Ticket& ticket, std::string_view type, std::string_view body);
  void write(const Ticket& ticket, std::string_view bytes);
  void handed_over();
  void pump();
  void answered(std::string_view rest);
  void deliver(std::string_view body);
  void broken(std::string_view reason);
  void drop_connection();
  void back_off();
  void finish(Fate in_flight);
  void settle(const Ticket& ticket, Fate fate);
  void arm(Duration delay);
  std::unique_ptr<Waiting> pop();

  HttpShared& shared_;
  LinkKey key_;
  State state_ = State::closed;
  bool up_ = false;
  bool draining_ = false;   // close(true) was called; drain_until_ holds
  bool finishing_ = false;  // inside finish()
  bool reopen_ = false;     // open() was called inside finish()
  bool served_ = false;     // this connection has answered
  std::uint8_t failures_ = 0;
  std::uint8_t attempt_ = 0;  // which address is tried
  std::uint32_t queued_ = 0;
  const std::string& type_;
  std::string id_;
  Random random_;
  net::StreamPtr stream_;
  std::unique_ptr<codec::http::ResponseReader> reader_;  // while an answer is coming in
  std::unique_ptr<std::string> rest_;                    // sending: what did not fit the socket
  std::unique_ptr<Waiting> first_;                       // the queue
  Waiting* last_ = nullptr;
  Ticket ticket_;  // in flight
  TimePoint drain_until_;
};

}  // namespace vfleet::uplink
