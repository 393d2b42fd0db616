#include "simulator/codec/mqtt/bytes.h"

#include "simulator/codec/mqtt/wire.h"
#include "simulator/core/utf8.h"

namespace vfleet::codec::mqtt {

bool is_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_utf8(text);
}

std::uint32_t ByteReader::variable() {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint8_t next = byte();
    if (!ok_) return 0;
    value |= static_cast<std::uint32_t>(next & 0x7F) << (7 * i);
    if ((next & 0x80) != 0) continue;
    if (i > 0 && next == 0) break;  // not the shortest form
    return value;
  }
  fail();
  return 0;
}

std::string_view ByteReader::text() {
  const std::string_view out = binary();
  if (!is_text(out)) fail();
  return ok_ ? out : std::string_view();
}

void put_variable(std::string& out, std::uint32_t value) {
  while (value >= 128) {
    put_byte(out, static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  put_byte(out, static_cast<std::uint8_t>(value));
}

void put_text(std::string& out, std::string_view text) {
  text = text.substr(0, kTextMax);
  put_two(out, static_cast<std::uint16_t>(text.size()));
  out.append(text);
}

}  // namespace vfleet::codec::mqtt
