#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vfleet::codec::websocket {

/// SHA-1 (FIPS 180-4), as the handshake wants it; it protects nothing there.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::string_view bytes);

}  // namespace vfleet::codec::websocket
