#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vfleet::codec::websocket {

/// RFC 6455 section 5.2.
enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

/// A client masks every frame that it sends, a server none.
enum class Role : std::uint8_t { client, server };

inline constexpr std::size_t kControlPayloadMax = 125;
inline constexpr std::size_t kHeadMax = 14;

/// Appends a frame of `role`. `mask` is used by clients only and should be fresh for each frame. Control
/// payloads (close, ping, pong) are at most kControlPayloadMax bytes. Allocates only while `out` grows.
void append_frame(Role role, Opcode opcode, std::string_view payload, std::uint32_t mask, std::string& out,
                  bool fin = true);

/// A Close frame. `reason` is cut to what fits; kNoStatusReceived: a frame without a code.
void append_close(Role role, std::uint16_t code, std::string_view reason, std::uint32_t mask,
                  std::string& out);

/// Masks or unmasks in place: `offset` bytes of the payload came before these.
void apply_mask(char* bytes, std::size_t size, std::uint32_t mask, std::size_t offset = 0);

}  // namespace vfleet::codec::websocket
