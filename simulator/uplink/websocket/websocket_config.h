#pragma once

#include <string>
#include <vector>

#include "simulator/codec/http/url.h"
#include "simulator/codec/text/template.h"
#include "simulator/codec/websocket/frame.h"
#include "simulator/uplink/message_config.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

struct WebSocketConfig {
  std::string url;
  std::vector<std::string> subprotocols;
  std::vector<std::string> headers;
  std::string username;
  std::string password;
  std::string token;
  codec::websocket::Opcode message = codec::websocket::Opcode::text;
  Duration ping_every{};
  Duration ping_timeout{};
  std::uint32_t message_max = 0;
  MessageConfig messages;
  StreamConfig stream;
};

/// What of a WebSocketConfig is worked out once for all devices.
struct WebSocketTarget {
  codec::http::Url url;
  codec::text::Template target;   ///< path and query
  codec::text::Template headers;  ///< whole lines
  codec::text::Template user;     ///< "name:password" of Basic; empty: none
  std::string protocols;          ///< "ocpp2.0.1, ocpp1.6"

  /// Errors: invalid_argument with the setting's name.
  [[nodiscard]] static Result<WebSocketTarget> make(const WebSocketConfig& config);
};

[[nodiscard]] const config::Struct<WebSocketConfig>& websocket_keys();

}  // namespace vfleet::uplink
