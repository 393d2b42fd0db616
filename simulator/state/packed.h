#pragma once

#include <cstddef>
#include <span>

/// Records are made of fixed structures in which most numbers are small and most texts shorter than their
/// room: packed, each word of 8 bytes leaves its zeros at the end away. Of two words a byte says how many
/// bytes are kept of each, then come these. Costs about a nanosecond a word.
namespace vfleet::state {

/// What pack() needs for `bytes`, at most.
[[nodiscard]] constexpr std::size_t packed_most(std::size_t bytes) {
  return (bytes + 15) / 16 + (bytes + 7) / 8 * 8 + 8;
}

/// Returns how much of `out` is used; `out` has room for packed_most(in.size()).
[[nodiscard]] std::size_t pack(std::span<const std::byte> in, std::span<std::byte> out);

/// The opposite: fills `out`, as long as what was packed. False: `in` is no packed text of that length.
[[nodiscard]] bool unpack(std::span<const std::byte> in, std::span<std::byte> out);

}  // namespace vfleet::state
