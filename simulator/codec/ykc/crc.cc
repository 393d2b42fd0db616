#include "simulator/codec/ykc/crc.h"

#include <algorithm>

#include "simulator/codec/ykc/frame.h"

namespace vfleet::codec::ykc {
namespace {

constexpr unsigned kInitial = 0xFFFF;

constexpr std::array<std::uint16_t, 256> make_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < table.size(); ++i) {
    unsigned value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? value >> 1U ^ 0xA001U : value >> 1U;
    table[i] = static_cast<std::uint16_t>(value);
  }
  return table;
}
constexpr std::array<std::uint16_t, 256> kTable = make_table();

constexpr std::uint16_t step(unsigned value, std::uint8_t byte) {
  return static_cast<std::uint16_t>(value >> 8U ^ kTable[(value ^ byte) & 0xFFU]);
}

// kPassed[n][bit]: what becomes of that bit of the CRC while n bytes of zero pass. A CRC is linear: that of a
// part is what came before it, passed through as many zeros as the part has bytes, taken from what came until
// its end.
using Passed = std::array<std::array<std::uint16_t, 16>, PartCrcs::kPartMax + 1>;
constexpr Passed make_passed() {
  Passed passed{};
  for (unsigned bit = 0; bit < 16; ++bit) {
    auto value = static_cast<std::uint16_t>(1U << bit);
    for (auto& row : passed) {
      row[bit] = value;
      value = step(value, 0);
    }
  }
  return passed;
}
constexpr Passed kPassed = make_passed();

unsigned pass(unsigned value, std::size_t bytes) {
  unsigned out = 0;
  for (unsigned bit = 0; bit < 16; ++bit) out ^= kPassed[bytes][bit] & (0U - (value >> bit & 1U));
  return out;
}

}  // namespace

std::uint16_t crc16(std::string_view bytes) {
  unsigned value = kInitial;
  for (const char each : bytes) value = step(value, static_cast<std::uint8_t>(each));
  return static_cast<std::uint16_t>(value);
}

std::uint16_t PartCrcs::until(std::size_t end) {
  if (read_ == 0) sums_[0] = 0;
  for (; read_ < end; ++read_) {
    sums_[(read_ + 1) % kKept] = step(sums_[read_ % kKept], static_cast<std::uint8_t>(text_[read_]));
  }
  return sums_[end % kKept];
}

std::uint16_t PartCrcs::of(std::size_t begin, std::size_t end) {
  const unsigned before = until(begin);
  return static_cast<std::uint16_t>(until(end) ^ pass(before ^ kInitial, end - begin));
}

}  // namespace vfleet::codec::ykc
