#include "simulator/uplink/all_uplinks.h"

#include "simulator/uplink/delivery_config.h"
#include "simulator/uplink/http/http_uplink.h"
#include "simulator/uplink/mqtt/mqtt_uplink.h"
#include "simulator/uplink/null/null_uplink.h"
#include "simulator/uplink/ocpp/ocpp_uplink.h"
#include "simulator/uplink/tcp/tcp_uplink.h"
#include "simulator/uplink/udp/udp_uplink.h"
#include "simulator/uplink/websocket/websocket_uplink.h"
#include "simulator/uplink/ykc/ykc_uplink.h"
#include "simulator/uplink/zmq/zmq_uplink.h"

namespace vfleet::uplink {
namespace {

// The keys that the engine serves for all of them.
std::vector<UplinkKind> with_delivery(std::vector<UplinkKind> kinds) {
  for (UplinkKind& kind : kinds) {
    std::vector<config::Key> keys = kind.schema.keys();
    const config::Schema shared = delivery_keys().schema();
    keys.insert(keys.end(), shared.keys().begin(), shared.keys().end());
    kind.schema = config::Schema(std::move(keys));
  }
  return kinds;
}

}  // namespace

const std::vector<UplinkKind>& all_uplinks() {
  static const std::vector<UplinkKind> kinds =
      with_delivery({http_uplink(), mqtt_uplink(), null_uplink(), ocpp_uplink(), tcp_uplink(), udp_uplink(),
                     websocket_uplink(), ykc_uplink(), zmq_uplink()});
  return kinds;
}

const UplinkKind* find_uplink(std::string_view name) {
  for (const UplinkKind& kind : all_uplinks()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace vfleet::uplink
