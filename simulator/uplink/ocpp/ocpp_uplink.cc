#include "simulator/uplink/ocpp/ocpp_uplink.h"

#include "simulator/uplink/conversing_link.h"
#include "simulator/uplink/message_uplink.h"
#include "simulator/uplink/ocpp/ocpp_config.h"
#include "simulator/uplink/websocket/websocket_link.h"

namespace vfleet::uplink {
namespace {

/// A WebSocket as OCPP-J wants it, see web_socket_of().
class OcppHub : public WebSocketHub {
 public:
  OcppHub(loop::EventLoop& loop, net::Network& network, const OcppConfig& config, OcppTarget target,
          StreamSettings stream, std::uint64_t seed, LinkOwner& owner)
      : WebSocketHub(loop, network, web_socket_of(config), std::move(target.socket), std::move(stream), seed,
                     owner) {}
};

}  // namespace

UplinkKind ocpp_uplink() {
  return message_kind<OcppHub, ConversingLink<WebSocketLink>, OcppTarget>(
      "ocpp",
      "A charge point's own WebSocket that carries OCPP-J, with the security profiles 0 to 3; ws:// or "
      "wss://.",
      ocpp_keys());
}

}  // namespace vfleet::uplink
