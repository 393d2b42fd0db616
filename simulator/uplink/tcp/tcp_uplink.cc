#include "simulator/uplink/tcp/tcp_uplink.h"

#include "simulator/uplink/tcp/tcp_link.h"

namespace vfleet::uplink {
namespace {

class TcpUplink final : public Uplink {
 public:
  TcpUplink(const UplinkEnvironment& environment, TcpConfig config, TcpTarget target, StreamSettings stream,
            LinkOwner& owner)
      : hub_(environment.loop, *environment.network, std::move(config), std::move(target), std::move(stream),
             environment.seed, owner) {}

  std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity&) override {
    return std::make_unique<TcpLink>(hub_, key);
  }

  std::vector<Counter> counters() const override {
    std::vector<Counter> out;
    hub_.add_message_counters(out);
    return out;
  }

 private:
  TcpHub hub_;
};

Result<std::unique_ptr<Uplink>> make(const UplinkEnvironment& environment, const config::Values& values,
                                     LinkOwner& owner) {
  if (environment.network == nullptr) return fail(Errc::unavailable, "tcp: there is no network here");
  Result<TcpConfig> config = tcp_keys().build(values);
  if (!config) return tl::unexpected(config.error());
  auto target = TcpTarget::make(*config);
  if (!target) return tl::unexpected(target.error());
  auto stream = stream_settings(config->stream,
                                {.uplink = "tcp",
                                 .host = target->url.host,
                                 .port = target->url.port,
                                 .tls = target->url.tls,
                                 .drain_timeout = config->messages.ack_timeout},
                                environment);
  if (!stream) return tl::unexpected(stream.error());
  return std::make_unique<TcpUplink>(environment, std::move(*config), std::move(*target), std::move(*stream),
                                     owner);
}

}  // namespace

UplinkKind tcp_uplink() {
  UplinkKind kind;
  kind.name = "tcp";
  kind.doc = "Each report is one framed message on the device's own TCP connection; tcp:// or tls://.";
  kind.schema = tcp_keys().schema();
  kind.make = make;
  return kind;
}

}  // namespace vfleet::uplink
