#include "simulator/uplink/ykc/ykc_uplink.h"

#include "simulator/codec/ykc/frame.h"
#include "simulator/uplink/conversing_link.h"
#include "simulator/uplink/message_uplink.h"
#include "simulator/uplink/tcp/tcp_link.h"

namespace vfleet::uplink {
namespace {

struct YkcConfig {
  std::string url;
  MessageConfig messages;
  StreamConfig stream;
};

/// The connection that carries it: whole frames, found and told apart by codec/ykc.
TcpConfig tcp_of(const YkcConfig& config) {
  TcpConfig tcp;
  tcp.url = config.url;
  tcp.framing = {.kind = codec::framing::Kind::sized, .size_of = codec::ykc::sized_frame};
  tcp.messages = config.messages;
  tcp.stream = config.stream;
  return tcp;
}

struct YkcTarget {
  codec::http::Url url;
  TcpTarget tcp;

  static Result<YkcTarget> make(const YkcConfig& config) {
    auto tcp = TcpTarget::make(tcp_of(config));
    if (!tcp) return tl::unexpected(tcp.error());
    return YkcTarget{tcp->url, std::move(*tcp)};
  }
};

class YkcHub : public TcpHub {
 public:
  YkcHub(loop::EventLoop& loop, net::Network& network, const YkcConfig& config, YkcTarget target,
         StreamSettings stream, std::uint64_t seed, LinkOwner& owner)
      : TcpHub(loop, network, tcp_of(config), std::move(target.tcp), std::move(stream), seed, owner) {}

  void add_own_counters(std::vector<Counter>& out) const {
    out.push_back({"skipped_bytes_total", skipped_bytes});
  }

  std::uint64_t skipped_bytes = 0;  ///< of platforms, that belonged to no frame
};

class YkcLink final : public ConversingLink<TcpLink> {
 public:
  YkcLink(YkcHub& hub, LinkKey key) : ConversingLink(hub, key), hub_(hub) {}

 protected:
  [[nodiscard]] bool shows_health(std::string_view frame) const override {
    return !codec::ykc::is_noise(frame);
  }
  void take_message(std::string_view message) override {
    if (codec::ykc::is_noise(message)) {
      hub_.skipped_bytes += message.size();
      return;
    }
    ConversingLink::take_message(message);
  }

 private:
  YkcHub& hub_;
};

const config::Struct<YkcConfig>& ykc_keys() {
  static const config::Struct<YkcConfig> kKeys = [] {
    using config::Effect;
    config::Struct<YkcConfig> keys;
    keys.text(
            "url", [](auto& c) -> auto& { return c.url; })
        .initial("tcp://127.0.0.1:8767")
        .effect(Effect::connection)
        .doc("Where each pile connects: tcp://HOST:PORT or tls://HOST:PORT.");
    add_conversing_keys(
        keys, "A frame", "the pile's own time-outs say", [](auto& c) -> auto& { return c.messages; });
    add_stream_keys(
        keys, [](auto& c) -> auto& { return c.stream; });
    keys.check([](const YkcConfig& c, std::vector<std::string>& mistakes) {
      if (auto target = YkcTarget::make(c); !target) mistakes.push_back(target.error().detail);
    });
    return keys;
  }();
  return kKeys;
}

}  // namespace

UplinkKind ykc_uplink() {
  return message_kind<YkcHub, YkcLink, YkcTarget>(
      "ykc", "A pile's own connection that carries frames of YKC; tcp:// or tls://.", ykc_keys());
}

}  // namespace vfleet::uplink
