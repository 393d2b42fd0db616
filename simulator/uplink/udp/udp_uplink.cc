#include "simulator/uplink/udp/udp_uplink.h"

#include "simulator/uplink/message_uplink.h"
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
    if (auto target = UdpTarget::make(c); !target) mistakes.push_back(target.error().detail);
  });
  return keys;
}

}  // namespace

const config::Struct<UdpConfig>& udp_keys() {
  static const config::Struct<UdpConfig> keys = describe();
  return keys;
}

Result<UdpTarget> UdpTarget::make(const UdpConfig& config) {
  static constexpr codec::http::Scheme kSchemes[] = {{"udp", 0, false}};
  auto url = codec::http::parse_url(config.url, kSchemes);
  if (!url) return tl::unexpected(url.error());
  if (url->target != "/") {
    return fail(Errc::invalid_argument, "url \"" + config.url + "\": nothing may follow the port");
  }
  return UdpTarget{std::move(*url)};
}

void UdpHub::add_own_counters(std::vector<Counter>& out) const {
  for (const auto& [reason, n] : errors) {
    out.push_back({"socket_errors_total{reason=\"" + std::string(reason) + "\"}", n});
  }
}

UplinkKind udp_uplink() {
  return message_kind<UdpHub, UdpLink, UdpTarget>(
      "udp", "Each report is one datagram from the device's own UDP socket.", udp_keys());
}

}  // namespace vfleet::uplink
