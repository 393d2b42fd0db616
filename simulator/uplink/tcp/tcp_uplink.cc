#include "simulator/uplink/tcp/tcp_uplink.h"

#include "simulator/uplink/message_uplink.h"
#include "simulator/uplink/tcp/tcp_link.h"

namespace vfleet::uplink {

UplinkKind tcp_uplink() {
  UplinkKind kind = message_kind<TcpHub, TcpLink, TcpTarget>(
      "tcp", "Each report is one framed message on the device's own TCP connection; tcp:// or tls://.",
      tcp_keys());
  kind.actions = {stream_misbehaviour("tcp")};
  return kind;
}

}  // namespace vfleet::uplink
