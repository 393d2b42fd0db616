#include "simulator/uplink/websocket/websocket_uplink.h"

#include "simulator/uplink/websocket/websocket_link.h"

namespace vfleet::uplink {
namespace {

class WebSocketUplink final : public Uplink {
 public:
  WebSocketUplink(const UplinkEnvironment& environment, WebSocketConfig config, WebSocketTarget target,
                  StreamSettings stream, LinkOwner& owner)
      : hub_(environment.loop, *environment.network, std::move(config), std::move(target), std::move(stream),
             environment.seed, owner) {}

  std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity&) override {
    return std::make_unique<WebSocketLink>(hub_, key);
  }

  std::vector<Counter> counters() const override {
    std::vector<Counter> out;
    hub_.add_message_counters(out);
    out.push_back({"pings_sent_total", hub_.frames.pings_sent});
    out.push_back({"pings_received_total", hub_.frames.pings_received});
    for (const auto& [status, n] : hub_.frames.refusals) {
      out.push_back({"handshakes_refused_total{status=\"" + std::to_string(status) + "\"}", n});
    }
    return out;
  }

 private:
  WebSocketHub hub_;
};

Result<std::unique_ptr<Uplink>> make(const UplinkEnvironment& environment, const config::Values& values,
                                     LinkOwner& owner) {
  if (environment.network == nullptr) return fail(Errc::unavailable, "websocket: there is no network here");
  Result<WebSocketConfig> config = websocket_keys().build(values);
  if (!config) return tl::unexpected(config.error());
  auto target = WebSocketTarget::make(*config);
  if (!target) return tl::unexpected(target.error());
  auto stream = stream_settings(config->stream,
                                {.uplink = "websocket",
                                 .host = target->url.host,
                                 .port = target->url.port,
                                 .tls = target->url.tls,
                                 .drain_timeout = config->messages.ack_timeout},
                                environment);
  if (!stream) return tl::unexpected(stream.error());
  return std::make_unique<WebSocketUplink>(environment, std::move(*config), std::move(*target),
                                           std::move(*stream), owner);
}

}  // namespace

UplinkKind websocket_uplink() {
  UplinkKind kind;
  kind.name = "websocket";
  kind.doc = "Each report is one message on the device's own WebSocket (RFC 6455); ws:// or wss://.";
  kind.schema = websocket_keys().schema();
  kind.make = make;
  return kind;
}

}  // namespace vfleet::uplink
