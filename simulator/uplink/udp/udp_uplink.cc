#include "simulator/uplink/udp/udp_uplink.h"

#include "simulator/uplink/udp/udp_link.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

config::Struct<UdpConfig> describe() {
  using config::Effect;
  config::Struct<UdpConfig> keys;
  keys.text(
          "url", [](auto& c) -> auto& { return c.url; })
      .initial("udp://127.0.0.1:9000")
      .effect(Effect::connection)
      .doc("Where each device sends its datagrams: udp://HOST:PORT.");
  add_message_keys(
      keys, [](auto& c) -> auto& { return c.messages; });
  keys.list(
          "source", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.stream.source; })
      .initial({})
      .effect(Effect::connection)
      .doc(
          "Addresses that the sockets have, in turn, each as one (127.0.0.2) or as a range "
          "(127.0.0.2-127.0.0.9). Empty: the system chooses.");
  keys.duration(
          "backoff.first", [](auto& c) -> auto& { return c.stream.backoff.first; })
      .initial(1s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("After a first failure to get a socket the device waits a random time up to this; it doubles.");
  keys.duration(
          "backoff.max", [](auto& c) -> auto& { return c.stream.backoff.max; })
      .initial(30s)
      .range(1ms, 24h)
      .effect(Effect::connection)
      .doc("The longest such wait.");
  keys.number(
          "pacing.rate", Unit::frequency, [](auto& c) -> auto& { return c.stream.rate; })
      .initial(2000)
      .range(0.01, 1e6)
      .effect(Effect::connection)
      .doc("Sockets opened a second, for all devices of a worker together.");
  keys.check([](const UdpConfig& c, std::vector<std::string>& mistakes) {
    judge_stream(c.stream, mistakes);
    if (auto url = udp_url(c); !url) mistakes.push_back(url.error().detail);
  });
  return keys;
}

class UdpUplink final : public Uplink {
 public:
  UdpUplink(const UplinkEnvironment& environment, UdpConfig config, StreamSettings stream, LinkOwner& owner)
      : hub_(environment.loop, *environment.network, std::move(stream), std::move(config.messages),
             environment.seed, owner) {}

  std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity&) override {
    return std::make_unique<UdpLink>(hub_, key);
  }

  std::vector<Counter> counters() const override {
    std::vector<Counter> out;
    hub_.add_message_counters(out);
    for (const auto& [reason, n] : hub_.errors) {
      out.push_back({"socket_errors_total{reason=\"" + std::string(reason) + "\"}", n});
    }
    return out;
  }

 private:
  UdpHub hub_;
};

Result<std::unique_ptr<Uplink>> make(const UplinkEnvironment& environment, const config::Values& values,
                                     LinkOwner& owner) {
  if (environment.network == nullptr) return fail(Errc::unavailable, "udp: there is no network here");
  Result<UdpConfig> config = udp_keys().build(values);
  if (!config) return tl::unexpected(config.error());
  const auto url = udp_url(*config);
  if (!url) return tl::unexpected(url.error());
  auto stream = stream_settings(
      config->stream,
      {.uplink = "udp", .host = url->host, .port = url->port, .drain_timeout = config->messages.ack_timeout},
      environment);
  if (!stream) return tl::unexpected(stream.error());
  return std::make_unique<UdpUplink>(environment, std::move(*config), std::move(*stream), owner);
}

}  // namespace

const config::Struct<UdpConfig>& udp_keys() {
  static const config::Struct<UdpConfig> keys = describe();
  return keys;
}

Result<codec::http::Url> udp_url(const UdpConfig& config) {
  static constexpr codec::http::Scheme kSchemes[] = {{"udp", 0, false}};
  auto url = codec::http::parse_url(config.url, kSchemes);
  if (url && url->target != "/") {
    return fail(Errc::invalid_argument, "url \"" + config.url + "\": nothing may follow the port");
  }
  return url;
}

UplinkKind udp_uplink() {
  UplinkKind kind;
  kind.name = "udp";
  kind.doc = "Each report is one datagram from the device's own UDP socket.";
  kind.schema = udp_keys().schema();
  kind.make = make;
  return kind;
}

}  // namespace vfleet::uplink
