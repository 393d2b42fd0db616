#include "simulator/uplink/all_uplinks.h"

#include "simulator/uplink/http/http_uplink.h"
#include "simulator/uplink/mqtt/mqtt_uplink.h"
#include "simulator/uplink/null/null_uplink.h"
#include "simulator/uplink/tcp/tcp_uplink.h"
#include "simulator/uplink/websocket/websocket_uplink.h"
#include "simulator/uplink/zmq/zmq_uplink.h"

namespace vfleet::uplink {

const std::vector<UplinkKind>& all_uplinks() {
  static const std::vector<UplinkKind> kinds = {http_uplink(), mqtt_uplink(), null_uplink(),
                                                websocket_uplink(), zmq_uplink()};
  return kinds;
}

const UplinkKind* find_uplink(std::string_view name) {
  for (const UplinkKind& kind : all_uplinks()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace vfleet::uplink
