#include "simulator/uplink/websocket/websocket_uplink.h"

#include "simulator/uplink/message_uplink.h"
#include "simulator/uplink/websocket/websocket_link.h"

namespace vfleet::uplink {

UplinkKind websocket_uplink() {
  UplinkKind kind = message_kind<WebSocketHub, WebSocketLink, WebSocketTarget>(
      "websocket", "Each report is one message on the device's own WebSocket (RFC 6455); ws:// or wss://.",
      websocket_keys());
  kind.actions = {stream_misbehaviour("websocket")};
  return kind;
}

}  // namespace vfleet::uplink
