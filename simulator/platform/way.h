#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vfleet::platform {

/// Which way a report came; with TLS it is the same way.
enum class Way : std::uint8_t { http, zmq, mqtt, websocket, tcp, udp, ocpp, ykc };

inline constexpr std::array<std::string_view, 8> kWays = {"http", "zmq", "mqtt", "websocket",
                                                          "tcp",  "udp", "ocpp", "ykc"};

[[nodiscard]] constexpr std::size_t index_of(Way way) {
  return static_cast<std::size_t>(way);
}

}  // namespace vfleet::platform
