#pragma once

#include "simulator/codec/framing/framing.h"
#include "simulator/uplink/message_link.h"
#include "simulator/uplink/tcp/tcp_config.h"

namespace vfleet::uplink {

/// What the links of one TCP uplink have in common. Outlives them.
class TcpHub : public MessageHub {
 public:
  TcpHub(loop::EventLoop& event_loop, net::Network& sockets, TcpConfig tcp, TcpTarget tcp_target,
         StreamSettings stream, std::uint64_t fleet_seed, LinkOwner& link_owner)
      : MessageHub(event_loop, sockets, std::move(stream), tcp.messages, fleet_seed, link_owner),
        config(std::move(tcp)),
        target(std::move(tcp_target)) {}

  const TcpConfig config;
  const TcpTarget target;
};

/// A device's TCP connection: reports are framed messages on it. Dialects derive from it (see MessageLink).
class TcpLink : public MessageLink {
 public:
  TcpLink(TcpHub& hub, LinkKey key) : MessageLink(hub, key), hub_(hub) {}

 protected:
  /// Frames a message as the config says. A dialect whose frames are its own has Kind::sized there and says
  /// whole frames.
  [[nodiscard]] bool encode(std::string_view body, std::string& out) final;
  void connected() final;
  void received(std::string_view bytes) final;
  /// Whether a frame shows that the peer works: only then the next back-off starts small.
  [[nodiscard]] virtual bool shows_health(std::string_view /*frame*/) const { return true; }

 private:
  TcpHub& hub_;
  codec::framing::FrameReader reader_;
};

}  // namespace vfleet::uplink
