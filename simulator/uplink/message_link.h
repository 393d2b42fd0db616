#pragma once

#include <functional>
#include <optional>
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
class MessageLink : public StreamLink {
 public:
  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) final;
  [[nodiscard]] std::size_t pending() const final { return queue_.size() + flights_.size(); }
  [[nodiscard]] bool refuses(std::string_view /*report*/) const final {
    return up() && queue_.refuses(messages_.messages.queue_max, messages_.messages.when_full);
  }

 protected:
  MessageLink(MessageHub& hub, LinkKey key) : StreamLink(hub, key), messages_(hub) {}

  /// Appends the bytes of a message. False: they cannot be said so; the report is evicted and counted.
  [[nodiscard]] virtual bool encode(std::string_view body, std::string& out) = 0;
  /// A wake of the protocol's own; due() follows when it has come. Say replan() when it changes.
  [[nodiscard]] virtual TimePoint next_due() const { return kNever; }
  virtual void due() {}
  /// A message of the platform: acknowledges a report, or goes to the device. Compare epoch() afterwards.
  virtual void take_message(std::string_view message);

  void replan();
  void flushed() final;
  void woken() final;
  void lost(Fate fate, bool closed) override;
  /// Sends what waits, as far as there is room. Say it once ready() has returned.
  void pump();

 private:
  [[nodiscard]] bool room() const {
    return is_ready() && !busy_ && !blocked() && flights_.size() < messages_.messages.in_flight_max;
  }
  void hand_over(std::string_view bytes, bool first);
  void written();
  void settle(const Ticket& ticket, Fate fate) { messages_.owner.report_settled(key(), ticket, fate); }

  MessageHub& messages_;
  SendQueue queue_;
  Flights flights_;
  bool busy_ = false;     // the owner is told what was sent: what it sends meanwhile queues
  bool pumping_ = false;  // in pump()
};

}  // namespace vfleet::uplink
