#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/uplink/websocket/websocket_config.h"

namespace vfleet::uplink {

/// What a charge point needs to reach its CSMS (OCPP-J 1.6, sections 3 and 6; security whitepaper).
struct OcppConfig {
  enum class PasswordAs : std::uint8_t { text, hex };
  enum class ClientCertificate : std::uint8_t { file, installed };

  std::string url;
  std::string secure_url;
  std::string identity;
  std::vector<std::string> versions;
  std::int32_t security_profile = 0;
  std::string password;
  PasswordAs password_as = PasswordAs::text;
  ClientCertificate client_certificate = ClientCertificate::file;
  SocketLimits limits;
  MessageConfig messages;
  StreamConfig stream;
};

/// The address that `config` means: secure_url, or url with TLS, from security profile 2 on.
[[nodiscard]] std::string ocpp_url(const OcppConfig& config);

/// The WebSocket that carries it: identity in the path, subprotocols, Basic credentials of profiles 1 and 2.
[[nodiscard]] WebSocketConfig web_socket_of(const OcppConfig& config);

struct OcppTarget {
  codec::http::Url url;
  WebSocketTarget socket;

  /// Errors: invalid_argument with the setting's name.
  [[nodiscard]] static Result<OcppTarget> make(const OcppConfig& config);
};

[[nodiscard]] const config::Struct<OcppConfig>& ocpp_keys();

}  // namespace vfleet::uplink
