#include "simulator/uplink/websocket/websocket_config.h"

#include <algorithm>

#include "simulator/codec/http/token.h"
#include "simulator/core/ascii.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::text::Escape;
using codec::text::Template;

constexpr codec::http::Scheme kSchemes[] = {{"ws", 80, false}, {"wss", 443, true}};

config::Struct<WebSocketConfig> describe() {
  using config::Effect;
  config::Struct<WebSocketConfig> keys;
  keys.text(
          "url", [](auto& c) -> auto& { return c.url; })
      .initial("ws://127.0.0.1:8080/ws/{device.id}")
      .effect(Effect::connection)
      .doc(
          "Where each device connects: ws:// or wss:// (TLS). Templates of the device's names may stand in "
          "the path.");
  keys.list(
          "subprotocols", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.subprotocols; })
      .initial({})
      .effect(Effect::connection)
      .doc("Subprotocols to offer, the favourite first. With any of them the server must choose one.");
  keys.list(
          "headers", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.headers; })
      .initial({})
      .effect(Effect::connection)
      .doc("More headers of the handshake, each as \"Name: value\"; templates may stand in the value.");
  keys.text(
          "username", [](auto& c) -> auto& { return c.username; })
      .initial("")
      .effect(Effect::connection)
      .doc("User name of HTTP Basic, a template; empty: none is sent.");
  keys.text(
          "password", [](auto& c) -> auto& { return c.password; })
      .initial("")
      .secret()
      .effect(Effect::connection)
      .doc("Password of HTTP Basic, a template.");
  keys.text(
          "token", [](auto& c) -> auto& { return c.token; })
      .initial("")
      .secret()
      .effect(Effect::connection)
      .doc("Sent as \"Authorization: Bearer TOKEN\" when not empty; a template.");
  keys.choice("message", [](auto& c) -> auto& { return c.message; },
              {{"text", codec::websocket::Opcode::text}, {"binary", codec::websocket::Opcode::binary}})
      .initial(codec::websocket::Opcode::text)
      .effect(Effect::connection)
      .doc("The kind of message a report is.");
  add_socket_keys(
      keys, {30s, 10s, 64 * 1024}, {"device", "platform", ""}, [](auto& c) -> auto& { return c.limits; });
  add_message_keys(
      keys, [](auto& c) -> auto& { return c.messages; });
  add_stream_keys(
      keys, [](auto& c) -> auto& { return c.stream; });
  keys.check([](const WebSocketConfig& c, std::vector<std::string>& mistakes) {
    if (auto target = WebSocketTarget::make(c); !target) mistakes.push_back(target.error().detail);
  });
  return keys;
}

tl::unexpected<Error> bad(std::string_view key, std::string_view why) {
  return fail(Errc::invalid_argument, std::string(key) + ": " + std::string(why));
}

Result<Template> compile(std::string_view key, std::string_view text, Escape escape) {
  auto made = Template::compile(text, {.escape = escape, .report = false});
  if (!made) return bad(key, made.error().detail);
  return made;
}

Result<std::string> header_lines(const WebSocketConfig& config) {
  const bool authorized = !config.token.empty() || !config.username.empty();
  std::string lines;
  for (const std::string& each : config.headers) {
    const std::size_t colon = each.find(':');
    if (colon == std::string::npos || !codec::http::is_token(std::string_view(each).substr(0, colon))) {
      return bad("headers", "\"" + each + "\" is not \"Name: value\"");
    }
    const std::string name = lowered(each.substr(0, colon));
    const bool ours = name == "host" || name == "upgrade" || name == "connection" ||
                      name == "content-length" || name == "transfer-encoding" ||
                      name.starts_with("sec-websocket-") || (name == "authorization" && authorized);
    if (ours) return bad("headers", "\"" + each + "\" is set by the uplink itself");
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(each.begin(), each.end(), control)) {
      return bad("headers", "\"" + each.substr(0, colon) + "\" has a control character in its value");
    }
    lines += each + "\r\n";
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(config.token.begin(), config.token.end(), control)) {
    return bad("token", "it has a control character");
  }
  if (!config.token.empty()) lines += "Authorization: Bearer " + config.token + "\r\n";
  return lines;
}

}  // namespace

Result<WebSocketTarget> WebSocketTarget::make(const WebSocketConfig& config) {
  WebSocketTarget made;
  auto url = codec::http::parse_url(config.url, kSchemes);
  if (!url) return tl::unexpected(url.error());
  made.url = std::move(*url);
  auto target = compile("url", made.url.target, Escape::url);
  if (!target) return tl::unexpected(target.error());
  made.target = std::move(*target);
  if (!config.token.empty() && !config.username.empty()) {
    return bad("token", "give a token or a username, not both");
  }
  auto lines = header_lines(config);
  if (!lines) return tl::unexpected(lines.error());
  auto headers = compile("headers", *lines, Escape::line);
  if (!headers) return tl::unexpected(headers.error());
  made.headers = std::move(*headers);
  if (!config.username.empty()) {
    auto user = compile("username", config.username + ":" + config.password, Escape::line);
    if (!user) return tl::unexpected(user.error());
    made.user = std::move(*user);
  }
  for (const std::string& each : config.subprotocols) {
    if (!codec::http::is_token(each))
      return bad("subprotocols", "\"" + each + "\" is not a name of a subprotocol");
    made.protocols += (made.protocols.empty() ? "" : ", ") + each;
  }
  return made;
}

const config::Struct<WebSocketConfig>& websocket_keys() {
  static const config::Struct<WebSocketConfig> keys = describe();
  return keys;
}

}  // namespace vfleet::uplink
