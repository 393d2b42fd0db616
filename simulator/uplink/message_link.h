#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/text/field_index.h"
#include "simulator/uplink/flights.h"
#include "simulator/uplink/message_config.h"
#include "simulator/uplink/send_queue.h"
#include "simulator/uplink/stream_link.h"

namespace vfleet::uplink {

struct MessageTotals {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t evicted = 0;
  std::uint64_t not_encodable = 0;  // too long for its frame, or with the frame's end in it
  std::uint64_t late_answers = 0;
  std::uint64_t malformed_commands = 0;
};

/// What a message of the platform means under a rule, and where it goes. Shared by the links of an uplink.
class Answers {
 public:
  explicit Answers(const MessageConfig& config);
  struct Match {
    std::optional<Ticket> acked;  ///< taken out of the flights
    bool deliver = true;          ///< the message is for the device, too
  };
  /// What `message` means for the reports in flight.
  [[nodiscard]] Match match(std::string_view message, Flights& flights, FlightPool& pool,
                            MessageTotals& totals) const;
  /// Hands `message` to the device: each of its commands, or all of it when it has no list of them. `alive`
  /// is asked after each.
  template <class Alive>
  void deliver(LinkOwner& owner, LinkKey link, std::string_view message, MessageTotals& totals, Alive alive) {
    deliver_each(message, totals, [&](std::string_view each) {
      owner.message_received(link, each);
      return alive();
    });
  }

 private:
  [[nodiscard]] std::optional<std::uint32_t> seq_of(std::string_view message) const;
  static void deliver_each(std::string_view message, MessageTotals& totals,
                           const std::function<bool(std::string_view)>& each);
  AckBy by_;
  codec::text::FieldIndex member_;
};

class MessageHub : public StreamHub {
 public:
  MessageHub(loop::EventLoop& event_loop, net::Network& sockets, StreamSettings stream_settings,
             MessageConfig message_config, std::uint64_t fleet_seed, LinkOwner& link_owner)
      : StreamHub(event_loop, sockets, std::move(stream_settings), fleet_seed, link_owner),
        messages(std::move(message_config)),
        answers(messages) {}

  const MessageConfig messages;
  Answers answers;
  MessageTotals counts;
  WaitingPool waiting;
  FlightPool flights;
  std::string scratch;  ///< what is being written

  void add_message_counters(std::vector<Counter>& out) const;
  /// What the protocol counts beside; its hub hides this one.
  void add_own_counters(std::vector<Counter>& /*out*/) const {}
};

/// A link whose reports are messages on one stream: encoded by the protocol, queued while the peer reads
/// slowly or too many wait for their answers, acknowledged by the rule of MessageConfig. Several that wait
/// are written at once. What waits outlives a lost connection, what is in flight does not.
///
/// A dialect derives from WebSocketLink or TcpLink and overrides what it wants to do in another way. Its own
/// hub and its uplink kind it makes with message_kind(); "How a dialect plugs in" in docs/architecture.md is
/// the way through. After each call that may tell the owner something it compares epoch(), as StreamLink
/// says.
class MessageLink : public StreamLink {
 public:
  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) final;
  [[nodiscard]] std::size_t pending() const final { return queue_.size() + flights_.size(); }
  [[nodiscard]] bool refuses(std::string_view /*report*/) const final {
    return up() && queue_.refuses(messages_.messages.queue_max, messages_.messages.when_full);
  }

 protected:
  MessageLink(MessageHub& hub, LinkKey key) : StreamLink(hub, key), messages_(hub) {}

  // What a dialect may override.

  /// The transport stands: the stream is connected, a WebSocket has shaken hands. A dialect that logs in says
  /// so here and answers later: come_up() when the platform lets the device in, fail("login_refused") when it
  /// does not, hold() first when that may take longer than connect_timeout.
  virtual void agreed() { come_up(); }
  /// A message of the platform, whole; valid during the call. It acknowledges a report, or goes to the
  /// device.
  virtual void take_message(std::string_view message);
  /// Appends what is said of a report, framed: encode() of a text made of it. False: it cannot be said; it is
  /// evicted and counted. It may wait before it leaves, also for another connection (see leaving()).
  [[nodiscard]] virtual bool encode_report(const Ticket& ticket, const Message& message, std::string& out);
  /// Whether it waits for nobody and is answered by nobody: an answer to a question of the platform. It
  /// leaves at once, whatever is in flight or waits, and is handed over; or is refused (queue_full) while the
  /// peer reads nothing.
  [[nodiscard]] virtual bool aside(const Message& /*message*/) const { return false; }
  /// A report's bytes, framed, are written to this connection now: the place for numbers that count on it.
  virtual void leaving(const Ticket& /*ticket*/, std::span<char> /*bytes*/) {}
  /// False: no report may leave now, because a question of the dialect's own waits for its answer. Say pump()
  /// when it may again.
  [[nodiscard]] virtual bool may_send() const { return true; }
  /// Nobody answered a report in time: it timed out, and no longer waits.
  virtual void unanswered(const Ticket& /*ticket*/) {}
  /// The dialect's own time, on the worker's timer wheel: wake() follows when it has come. Say replan() when
  /// it changes. Counts while the connection stands().
  [[nodiscard]] virtual TimePoint wake_time() const { return kNever; }
  virtual void wake() {}
  /// The connection is gone, as StreamLink says; what is overridden calls this one.
  void lost(Fate fate, bool closed) override;

  // What it may call.

  /// The device is in: the link is up, what waits leaves.
  void come_up();
  /// Says a message of the dialect's own, framed, ahead of what waits; any time from agreed() on. False: it
  /// cannot be framed, or the connection has ended, perhaps because the peer takes nothing any more
  /// ("peer_reads_nothing").
  bool say(std::string_view message);
  /// The platform has answered the report of that number, by the dialect's own rule (AckBy::dialect). False:
  /// it does not wait for an answer; counted as late.
  bool answered(std::uint32_t seq, Fate fate);
  /// Reports that wait for their answers.
  [[nodiscard]] std::uint32_t in_flight() const { return flights_.size(); }
  /// Hands a message to the device.
  void deliver(std::string_view message);

  // What the transports implement.

  /// Appends the bytes of a message. False: they cannot be said so.
  [[nodiscard]] virtual bool encode(std::string_view body, std::string& out) = 0;
  /// A wake of the transport's own; due() follows when it has come. Say replan() when it changes.
  [[nodiscard]] virtual TimePoint next_due() const { return kNever; }
  virtual void due() {}

  /// Whether the transport finds out by itself that its peer is gone. If not, a report that nobody answered
  /// ends the connection when nothing else came meanwhile either.
  [[nodiscard]] virtual bool asks_for_signs_of_life() const { return false; }

  void replan();
  void flushed() final;
  void woken() final;
  /// Sends what waits, as far as there is room.
  void pump();

 private:
  [[nodiscard]] bool room() const {
    return is_ready() && !busy_ && !blocked() && flights_.size() < messages_.messages.in_flight_max &&
           may_send();
  }
  [[nodiscard]] Accepted send_aside(const Ticket& ticket);
  void hand_over(std::string_view bytes, bool first);
  void written();
  void settle(const Ticket& ticket, Fate fate) { messages_.owner.report_settled(key(), ticket, fate); }

  MessageHub& messages_;
  SendQueue queue_;
  Flights flights_;
  bool busy_ = false;          // the owner is told what was sent: what it sends meanwhile queues
  bool pumping_ = false;       // in pump()
  bool sign_of_life_ = false;  // a message came since a report timed out, or since none was in flight
};

}  // namespace vfleet::uplink
