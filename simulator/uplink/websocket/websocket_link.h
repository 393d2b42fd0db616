#pragma once

#include <map>
#include <memory>
#include <string>

#include "simulator/codec/websocket/message_reader.h"
#include "simulator/core/random.h"
#include "simulator/uplink/message_link.h"
#include "simulator/uplink/websocket/websocket_config.h"

namespace vfleet::uplink {

struct WebSocketTotals {
  std::uint64_t pings_sent = 0;
  std::uint64_t pings_received = 0;
  std::map<unsigned, std::uint64_t> refusals;  // of the handshake, by status
};

/// What the links of one WebSocket uplink have in common. Outlives them.
class WebSocketHub : public MessageHub {
 public:
  WebSocketHub(loop::EventLoop& event_loop, net::Network& sockets, WebSocketConfig websocket,
               WebSocketTarget websocket_target, StreamSettings stream, std::uint64_t fleet_seed,
               LinkOwner& link_owner);

  const WebSocketConfig config;
  const WebSocketTarget target;
  WebSocketTotals frames;
  Random random;  ///< masks and keys

  void add_own_counters(std::vector<Counter>& out) const;
  [[nodiscard]] std::uint32_t mask() { return static_cast<std::uint32_t>(random.next()); }
};

/// A device's WebSocket: reports are its messages. Idle it owns no buffer. Dialects derive from it (see
/// MessageLink); what they are told and say are whole messages.
class WebSocketLink : public MessageLink {
 public:
  WebSocketLink(WebSocketHub& hub, LinkKey key);
  ~WebSocketLink() override;

 protected:
  [[nodiscard]] bool encode(std::string_view body, std::string& out) final;
  void connected() final;
  void received(std::string_view bytes) final;
  void lost(Fate fate, bool closed) override;
  void parting() final;
  [[nodiscard]] TimePoint next_due() const final { return next_ping_; }
  void due() final;
  [[nodiscard]] bool asks_for_signs_of_life() const final {
    return hub_.config.limits.ping_every > Duration::zero();
  }

 private:
  struct Greeting;  // while the handshake lasts

  void greet(std::string_view bytes);
  [[nodiscard]] std::string_view judge(std::string_view head);
  void read_frames(std::string_view bytes);
  void close_with(std::uint16_t code, std::string_view reason);

  WebSocketHub& hub_;
  codec::websocket::MessageReader reader_;
  std::unique_ptr<Greeting> greeting_;
  TimePoint next_ping_ = kNever;  // or when its pong is late
  bool pinged_ = false;           // and no pong yet
};

}  // namespace vfleet::uplink
