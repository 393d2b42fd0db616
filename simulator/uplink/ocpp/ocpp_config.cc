#include "simulator/uplink/ocpp/ocpp_config.h"

#include <algorithm>

#include "simulator/codec/text/escape.h"
#include "simulator/uplink/stream_faults.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kBasic = 1;
constexpr std::int32_t kBasicOverTls = 2;
constexpr std::int32_t kMutualTls = 3;

constexpr std::string_view kPlainScheme = "ws://";
constexpr std::string_view kTlsScheme = "wss://";

// Of bytes that are no template, the template that gives them.
std::string as_they_are(std::string_view bytes) {
  std::string out;
  for (const char each : bytes) out += each == '{' ? std::string("{{") : std::string(1, each);
  return out;
}

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The identity as the end of an address: what stands between its places, percent-encoded as they will be.
std::string in_path(std::string_view identity) {
  std::string out;
  while (!identity.empty()) {
    std::size_t length = 1;
    if (identity.front() == '{' && identity.size() > 1 && letter(identity[1])) {
      length = std::min(identity.find('}'), identity.size() - 1) + 1;
      out += identity.substr(0, length);
    } else {
      codec::text::append_text(identity.substr(0, 1), codec::text::Escape::url, out);
      if (identity.starts_with("{{")) length = 2;
    }
    identity.remove_prefix(length);
  }
  return out;
}

config::Struct<OcppConfig> describe() {
  using config::Effect;
  config::Struct<OcppConfig> keys;
  keys.text(
          "url", [](auto& c) -> auto& { return c.url; })
      .initial("ws://127.0.0.1:8180/ocpp")
      .effect(Effect::connection)
      .doc("The CSMS's address, ws:// or wss://; a slash and the charge point's identity follow it.");
  keys.text(
          "secure_url", [](auto& c) -> auto& { return c.secure_url; })
      .initial("")
      .effect(Effect::connection)
      .doc("The address from security profile 2 on, wss://; empty: that of url with wss:// in front.");
  keys.text(
          "identity", [](auto& c) -> auto& { return c.identity; })
      .initial("{device.id}")
      .effect(Effect::connection)
      .doc("The charge point's identity, a template: the end of the address and the user name.");
  keys.list(
          "versions", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.versions; })
      .initial({std::string("ocpp1.6")})
      .effect(Effect::connection)
      .doc("Subprotocols to offer, the favourite first; the CSMS must choose one of them.");
  keys.integer(
          "security_profile", [](auto& c) -> auto& { return c.security_profile; })
      .initial(0)
      .range(0.0, 3.0)
      .effect(Effect::connection)
      .doc(
          "0: none; 1: HTTP Basic; 2: HTTP Basic over TLS; 3: TLS with certificates on both sides "
          "(client_certificate). "
          "Configuration key SecurityProfile.");
  keys.text(
          "password", [](auto& c) -> auto& { return c.password; })
      .initial("")
      .secret()
      .effect(Effect::connection)
      .doc("Of profiles 1 and 2, a template. Configuration key AuthorizationKey.");
  keys.choice("password_as", [](auto& c) -> auto& { return c.password_as; },
              {{"text", OcppConfig::PasswordAs::text}, {"hex", OcppConfig::PasswordAs::hex}})
      .initial(OcppConfig::PasswordAs::text)
      .effect(Effect::connection)
      .doc(
          "What is sent of the password: its text, or the bytes that its hex digits mean (the standard's "
          "way).");
  keys.choice("client_certificate", [](auto& c) -> auto& { return c.client_certificate; },
              {{"file", OcppConfig::ClientCertificate::file},
               {"installed", OcppConfig::ClientCertificate::installed}})
      .initial(OcppConfig::ClientCertificate::file)
      .effect(Effect::connection)
      .doc(
          "The charge point's own certificate: that of tls.cert, or the one that came with "
          "CertificateSigned. The CSMS's way to security profile 3 sets it.");
  add_socket_keys(
      keys, {60s, 10s, 256 * 1024}, {"charge point", "CSMS", " Configuration key WebSocketPingInterval."},
      [](auto& c) -> auto& { return c.limits; });
  add_conversing_keys(
      keys, "A CALL", "the charge point's own MessageTimeout says",
      [](auto& c) -> auto& { return c.messages; });
  add_stream_keys(
      keys, [](auto& c) -> auto& { return c.stream; });
  keys.derive([](OcppConfig& c) {
    c.stream.given = {.roots = true,
                      .certificate = c.client_certificate == OcppConfig::ClientCertificate::installed};
  });
  keys.check([](const OcppConfig& c, std::vector<std::string>& mistakes) {
    if (auto target = OcppTarget::make(c); !target) mistakes.push_back(target.error().detail);
    if (c.security_profile == kMutualTls && c.stream.certificate.empty() &&
        c.client_certificate == OcppConfig::ClientCertificate::file) {
      mistakes.emplace_back("security_profile: 3 needs a certificate (tls.cert)");
    }
    if ((c.security_profile == kBasic || c.security_profile == kBasicOverTls) && c.password.empty()) {
      mistakes.emplace_back("security_profile: 1 and 2 need a password");
    }
    if (c.password_as == OcppConfig::PasswordAs::hex && !bytes_of_hex(c.password)) {
      mistakes.emplace_back("password: expected pairs of hex digits (password_as: hex)");
    }
  });
  return keys;
}

}  // namespace

std::string ocpp_url(const OcppConfig& config) {
  if (config.security_profile < kBasicOverTls) return config.url;
  if (!config.secure_url.empty()) return config.secure_url;
  if (config.url.starts_with(kPlainScheme)) {
    return std::string(kTlsScheme) + config.url.substr(kPlainScheme.size());
  }
  return config.url;
}

WebSocketConfig web_socket_of(const OcppConfig& config) {
  WebSocketConfig socket;
  socket.url = ocpp_url(config);
  if (!socket.url.ends_with('/')) socket.url += '/';
  socket.url += in_path(config.identity);
  socket.subprotocols = config.versions;
  if (config.security_profile == kBasic || config.security_profile == kBasicOverTls) {
    socket.username = config.identity;
    socket.password = config.password_as == OcppConfig::PasswordAs::hex
                          ? as_they_are(bytes_of_hex(config.password).value_or(""))
                          : config.password;
  }
  socket.limits = config.limits;
  socket.messages = config.messages;
  socket.stream = config.stream;
  return socket;
}

Result<OcppTarget> OcppTarget::make(const OcppConfig& config) {
  if (config.identity.empty()) return fail(Errc::invalid_argument, "identity: must not be empty");
  if (config.versions.empty()) return fail(Errc::invalid_argument, "versions: name at least one");
  auto socket = WebSocketTarget::make(web_socket_of(config));
  if (!socket) return tl::unexpected(socket.error());
  if (config.security_profile >= kBasicOverTls && !socket->url.tls) {
    return fail(Errc::invalid_argument, "secure_url: security profiles 2 and 3 need wss://");
  }
  OcppTarget made;
  made.url = socket->url;
  made.socket = std::move(*socket);
  return made;
}

const config::Struct<OcppConfig>& ocpp_keys() {
  static const config::Struct<OcppConfig> keys = describe();
  return keys;
}

}  // namespace vfleet::uplink
