#pragma once

#include <string>
#include <vector>

#include "simulator/codec/http/url.h"
#include "simulator/codec/text/template.h"
#include "simulator/codec/websocket/frame.h"
#include "simulator/uplink/message_config.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

/// What a device expects of the other side of its WebSocket.
struct SocketLimits {
  Duration ping_every{};  ///< 0: no pings
  Duration ping_timeout{};
  std::uint32_t message_max = 0;  ///< bytes
};

struct WebSocketConfig {
  std::string url;
  std::vector<std::string> subprotocols;
  std::vector<std::string> headers;
  std::string username;
  std::string password;
  std::string token;
  codec::websocket::Opcode message = codec::websocket::Opcode::text;
  SocketLimits limits;
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

/// Who is at the two ends of a WebSocket, in the words of an uplink's keys, and what ping.every says besides.
struct SocketWords {
  std::string device;
  std::string server;
  std::string of_pings;
};

/// Adds the keys ping.* and message_max, which begin as `initial`; `get`: the SocketLimits in the struct.
template <class T, class Get>
void add_socket_keys(config::Struct<T>& keys, const SocketLimits& initial, const SocketWords& words,
                     Get get) {
  using config::Effect;
  using namespace std::chrono_literals;
  keys.duration(
          "ping.every", [get](auto& c) -> auto& { return get(c).ping_every; })
      .initial(initial.ping_every)
      .range(0s, 24h)
      .effect(Effect::connection)
      .doc("Time between two pings of a " + words.device + "; 0: none." + words.of_pings);
  keys.duration(
          "ping.timeout", [get](auto& c) -> auto& { return get(c).ping_timeout; })
      .initial(initial.ping_timeout)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("How long a pong may take; the connection is dropped then (ping_timed_out).");
  keys.integer(
          "message_max", [get](auto& c) -> auto& { return get(c).message_max; })
      .initial(initial.message_max)
      .range(125.0, 64e6)
      .effect(Effect::connection)
      .doc("The longest message of the " + words.server +
           ", in bytes; a longer one ends the connection (message_too_big).");
}

}  // namespace vfleet::uplink
