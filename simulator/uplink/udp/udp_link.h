#pragma once

#include <string>

#include "simulator/codec/http/url.h"
#include "simulator/net/datagram.h"
#include "simulator/schedule/timer_wheel.h"
#include "simulator/uplink/message_link.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

struct UdpConfig {
  std::string url;
  MessageConfig messages;
  StreamConfig stream;  ///< what of it goes for datagrams: source, backoff, pacing
};

[[nodiscard]] const config::Struct<UdpConfig>& udp_keys();

struct UdpTarget {
  codec::http::Url url;

  /// Errors: invalid_argument with the setting's name.
  [[nodiscard]] static Result<UdpTarget> make(const UdpConfig& config);
};

class UdpHub : public MessageHub {
 public:
  UdpHub(loop::EventLoop& event_loop, net::Network& sockets, UdpConfig udp, const UdpTarget& /*target*/,
         StreamSettings stream, std::uint64_t fleet_seed, LinkOwner& link_owner)
      : MessageHub(event_loop, sockets, std::move(stream), std::move(udp.messages), fleet_seed, link_owner) {}

  std::map<std::string_view, std::uint64_t> errors;  ///< of the sockets, by reason

  void add_own_counters(std::vector<Counter>& out) const;
};

/// A device's UDP socket: each report is one datagram, each datagram of the platform a message. It is up once
/// the socket has the platform's address, whether anybody listens there or not; what the network reports is
/// counted and ends nothing.
class UdpLink final : public Link, net::DatagramEvents, net::Waiter, schedule::Timer {
 public:
  UdpLink(UdpHub& hub, LinkKey key) : hub_(hub), key_(key) {}

  void open() override;
  void close(bool drain) override;
  [[nodiscard]] bool up() const override { return state_ == State::up && !draining_; }
  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override;
  [[nodiscard]] std::size_t pending() const override { return queue_.size() + flights_.size(); }
  [[nodiscard]] bool refuses(std::string_view /*report*/) const override {
    return up() && queue_.refuses(hub_.messages.queue_max, hub_.messages.when_full);
  }

 private:
  enum class State : std::uint8_t { closed, looking_up, gated, up, backing_off };

  void datagram_readable() override;
  void datagram_writable() override;
  void admitted() override;
  void expire() override;

  void start();
  void bind();
  void attempt_failed(std::string_view reason);
  [[nodiscard]] bool room() const;
  /// False: the socket takes nothing now.
  [[nodiscard]] bool try_send(const Ticket& ticket, std::string_view bytes);
  void sent(const Ticket& ticket);
  void pump();
  void send_waiting();
  void take(std::string_view message);
  void wait_for_room();
  void plan();
  void look_drained();
  void finish(Fate fate);
  void settle(const Ticket& ticket, Fate fate) { hub_.owner.report_settled(key_, ticket, fate); }

  UdpHub& hub_;
  net::DatagramPtr socket_;
  SendQueue queue_;
  Flights flights_;
  TimePoint drain_until_;
  TimePoint again_at_ = kNever;  // when to try again what the system had no room for
  LinkKey key_;
  State state_ = State::closed;
  bool draining_ = false;
  bool finishing_ = false;  // open() and close() wait
  bool reopen_ = false;
  bool blocked_ = false;      // the socket takes nothing
  bool busy_ = false;         // the owner is told what was sent: what it sends meanwhile queues
  bool pumping_ = false;      // in send_waiting()
  std::uint8_t no_room_ = 0;  // how often in a row there was none
  std::uint8_t failures_ = 0;
  std::uint8_t draws_ = 0;
  std::uint8_t epoch_ = 0;  // changes when the link closes
};

}  // namespace vfleet::uplink
