#include "simulator/uplink/tcp/tcp_config.h"

namespace vfleet::uplink {
namespace {

using codec::framing::Kind;

constexpr codec::http::Scheme kSchemes[] = {{"tcp", 0, false}, {"tls", 0, true}};

config::Struct<TcpConfig> describe() {
  using config::Effect;
  config::Struct<TcpConfig> keys;
  keys.text(
          "url", [](auto& c) -> auto& { return c.url; })
      .initial("tcp://127.0.0.1:9000")
      .effect(Effect::connection)
      .doc("Where each device connects: tcp://HOST:PORT or tls://HOST:PORT.");
  keys.choice("framing", [](auto& c) -> auto& { return c.framing.kind; },
              {{"lines", Kind::lines},
               {"delimiter", Kind::delimiter},
               {"length2be", Kind::length2be},
               {"length4be", Kind::length4be},
               {"none", Kind::none}})
      .initial(Kind::lines)
      .effect(Effect::connection)
      .doc(
          "How messages are told apart: each ends with a line feed (lines) or with the text of delimiter, or "
          "comes after its length in 2 or 4 bytes, high byte first; none: not at all.");
  keys.text(
          "delimiter", [](auto& c) -> auto& { return c.framing.delimiter; })
      .initial("")
      .effect(Effect::connection)
      .doc("What ends a message, with framing: delimiter.");
  keys.integer(
          "message_max", [](auto& c) -> auto& { return c.message_max; })
      .initial(64 * 1024)
      .range(1.0, 64e6)
      .effect(Effect::connection)
      .doc(
          "The longest message of the platform, in bytes; a longer one ends the connection "
          "(message_too_big).");
  keys.text(
          "hello", [](auto& c) -> auto& { return c.hello; })
      .initial("")
      .effect(Effect::connection)
      .doc("First message of a connection, a template of the device's names; empty: none.");
  add_message_keys(
      keys, [](auto& c) -> auto& { return c.messages; });
  add_stream_keys(
      keys, [](auto& c) -> auto& { return c.stream; });
  keys.derive([](TcpConfig& c) { c.framing.frame_max = c.message_max; });
  keys.check([](const TcpConfig& c, std::vector<std::string>& mistakes) {
    if ((c.framing.kind == Kind::delimiter) == c.framing.delimiter.empty()) {
      mistakes.emplace_back("delimiter and framing: delimiter go together");
    }
    if (auto target = TcpTarget::make(c); !target) mistakes.push_back(target.error().detail);
  });
  return keys;
}

}  // namespace

Result<TcpTarget> TcpTarget::make(const TcpConfig& config) {
  TcpTarget made;
  auto url = codec::http::parse_url(config.url, kSchemes);
  if (!url) return tl::unexpected(url.error());
  made.url = std::move(*url);
  if (made.url.target != "/") {
    return fail(Errc::invalid_argument, "url \"" + config.url + "\": nothing may follow the port");
  }
  auto hello =
      codec::text::Template::compile(config.hello, {.escape = codec::text::Escape::raw, .report = false});
  if (!hello) return fail(Errc::invalid_argument, "hello: " + hello.error().detail);
  made.hello = std::move(*hello);
  return made;
}

const config::Struct<TcpConfig>& tcp_keys() {
  static const config::Struct<TcpConfig> keys = describe();
  return keys;
}

}  // namespace vfleet::uplink
