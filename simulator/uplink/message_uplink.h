#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulator/uplink/message_link.h"
#include "simulator/uplink/network_kind.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

/// The uplink around a hub of messages; `OwnLink` is what a device has of it.
template <class Hub, class OwnLink>
class MessageUplink final : public Uplink {
 public:
  template <class... Parts>
  explicit MessageUplink(Parts&&... parts) : hub_(std::forward<Parts>(parts)...) {}

  std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity& /*identity*/) override {
    return std::make_unique<OwnLink>(hub_, key);
  }

  std::vector<Counter> counters() const override {
    std::vector<Counter> out;
    hub_.add_message_counters(out);
    hub_.add_own_counters(out);
    return out;
  }

 private:
  Hub hub_;
};

/// A kind that carries messages. Its Config has `messages` and `stream`; `Target`, made of it, has the `url`;
/// the Hub is made of (loop, network, Config, Target, StreamSettings, seed, owner).
template <class Hub, class OwnLink, class Target, class Config>
[[nodiscard]] UplinkKind message_kind(const std::string& name, std::string doc,
                                      const config::Struct<Config>& keys) {
  const auto make = [name](const UplinkEnvironment& environment, Config config,
                           LinkOwner& owner) -> Result<std::unique_ptr<Uplink>> {
    auto target = Target::make(config);
    if (!target) return tl::unexpected(target.error());
    auto stream = stream_settings(config.stream,
                                  {.uplink = name,
                                   .host = target->url.host,
                                   .port = target->url.port,
                                   .tls = target->url.tls,
                                   .drain_timeout = config.messages.ack_timeout},
                                  environment);
    if (!stream) return tl::unexpected(stream.error());
    return std::make_unique<MessageUplink<Hub, OwnLink>>(environment.loop, *environment.network,
                                                         std::move(config), std::move(*target),
                                                         std::move(*stream), environment.seed, owner);
  };
  return network_kind(name, std::move(doc), keys, make);
}

}  // namespace vfleet::uplink
