#include "simulator/codec/websocket/frame.h"

#include <bit>
#include <cassert>
#include <cstring>

#include "simulator/codec/websocket/close_code.h"
#include "simulator/core/utf8.h"

namespace vfleet::codec::websocket {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

char mask_byte(std::uint32_t mask, std::size_t at) {
  return static_cast<char>(mask >> (24 - 8 * (at % 4)));
}

}  // namespace

void apply_mask(char* bytes, std::size_t size, std::uint32_t mask, std::size_t offset) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    word |= std::uint64_t{static_cast<std::uint8_t>(mask_byte(mask, offset + i))} << (8 * i);
  }
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes + at, 8);
    eight ^= word;
    std::memcpy(bytes + at, &eight, 8);
  }
  for (; at < size; ++at) bytes[at] = static_cast<char>(bytes[at] ^ mask_byte(mask, offset + at));
}

void append_frame(Role role, Opcode opcode, std::string_view payload, std::uint32_t mask, std::string& out,
                  bool fin) {
  assert(opcode < Opcode::close || (payload.size() <= kControlPayloadMax && fin));
  const int masked = role == Role::client ? 0x80 : 0;
  out += static_cast<char>((fin ? 0x80 : 0) | static_cast<int>(opcode));
  if (payload.size() <= 125) {
    out += static_cast<char>(masked | static_cast<int>(payload.size()));
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(masked | 126);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(masked | 127);
    append_big_endian(out, payload.size(), 8);
  }
  if (role == Role::client) append_big_endian(out, mask, 4);
  const std::size_t start = out.size();
  out += payload;
  if (role == Role::client) apply_mask(out.data() + start, payload.size(), mask);
}

void append_close(Role role, std::uint16_t code, std::string_view reason, std::uint32_t mask,
                  std::string& out) {
  if (code == kNoStatusReceived) {
    append_frame(role, Opcode::close, {}, mask, out);
    return;
  }
  reason = reason.substr(0, kControlPayloadMax - 2);
  while (!is_utf8(reason)) reason.remove_suffix(1);
  char payload[kControlPayloadMax];
  payload[0] = static_cast<char>(code >> 8);
  payload[1] = static_cast<char>(code);
  if (!reason.empty()) std::memcpy(payload + 2, reason.data(), reason.size());
  append_frame(role, Opcode::close, {payload, reason.size() + 2}, mask, out);
}

}  // namespace vfleet::codec::websocket
