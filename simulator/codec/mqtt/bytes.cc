#include "simulator/codec/mqtt/bytes.h"

#include <cstring>

#include "simulator/codec/mqtt/wire.h"

namespace vfleet::codec::mqtt {
namespace {

/// The length of the sequence that starts with `first`, and the smallest code point that may need it.
struct Sequence {
  std::size_t length;
  std::uint32_t minimum;
};

Sequence sequence(std::uint8_t first) {
  if (first >= 0xC2 && first <= 0xDF) return {2, 0x80};
  if (first >= 0xE0 && first <= 0xEF) return {3, 0x800};
  if (first >= 0xF0 && first <= 0xF4) return {4, 0x10000};
  return {0, 0};
}

}  // namespace

bool is_text(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size()) {  // eight at once, as long as they are ASCII and not zero
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, sizeof word);
      constexpr std::uint64_t kHigh = 0x8080808080808080;
      constexpr std::uint64_t kOnes = 0x0101010101010101;
      if (((word | (word - kOnes)) & kHigh) == 0) {
        i += 8;
        continue;
      }
    }
    const auto first = static_cast<std::uint8_t>(text[i]);
    if (first == 0) return false;
    if (first < 0x80) {
      ++i;
      continue;
    }
    const auto [length, minimum] = sequence(first);
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = first & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      point = point << 6 | (next & 0x3F);
    }
    if (point < minimum || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += length;
  }
  return true;
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
