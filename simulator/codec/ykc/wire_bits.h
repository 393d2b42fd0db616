#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Numbers of any count of bits, for the folder's own use: low byte first, in a byte the low bits first.
namespace vfleet::codec::ykc {

/// The bits lie within `bytes`; at most 56.
[[nodiscard]] inline std::uint64_t get_bits(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t done = 0; done < size;) {
    const std::size_t inner = (at + done) % 8;
    const std::size_t part = std::min(8 - inner, size - done);
    const std::uint64_t byte = static_cast<std::uint8_t>(bytes[(at + done) / 8]);
    value |= (byte >> inner & ((std::uint64_t{1} << part) - 1)) << done;
    done += part;
  }
  return value;
}

inline void put_bits(std::uint64_t value, std::size_t at, std::size_t size, char* bytes) {
  for (std::size_t done = 0; done < size;) {
    const std::size_t inner = (at + done) % 8;
    const std::size_t part = std::min(8 - inner, size - done);
    const std::uint64_t mask = ((std::uint64_t{1} << part) - 1) << inner;
    char& byte = bytes[(at + done) / 8];
    const std::uint64_t others = static_cast<std::uint8_t>(byte) & ~mask;
    byte = static_cast<char>(others | (value >> done << inner & mask));
    done += part;
  }
}

}  // namespace vfleet::codec::ykc
