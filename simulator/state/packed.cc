#include "simulator/state/packed.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace vfleet::state {
namespace {

constexpr std::size_t kWord = 8;
static_assert(std::endian::native == std::endian::little, "the zeros of small numbers stand at the end");

std::uint64_t load(const std::byte* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, kWord);
  return word;
}

/// The word at `at`, zeros where the bytes end.
std::uint64_t word_of(std::span<const std::byte> bytes, std::size_t at) {
  if (bytes.size() >= at + kWord) return load(bytes.data() + at);
  std::uint64_t word = 0;
  if (bytes.size() > at) std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  return word;
}

std::size_t length_of(std::uint64_t word) {
  return (static_cast<std::size_t>(std::bit_width(word)) + 7) / 8;
}

}  // namespace

std::size_t pack(std::span<const std::byte> in, std::span<std::byte> out) {
  std::byte* at = out.data();
  for (std::size_t i = 0; i < in.size(); i += 2 * kWord) {
    const std::uint64_t first = word_of(in, i);
    const std::uint64_t second = word_of(in, i + kWord);
    const std::size_t lengths[] = {length_of(first), length_of(second)};
    *at++ = static_cast<std::byte>(lengths[0] | lengths[1] << 4);
    // Whole words, of which the next one takes the end again: no loop over bytes.
    std::memcpy(at, &first, kWord);
    at += lengths[0];
    std::memcpy(at, &second, kWord);
    at += lengths[1];
  }
  return static_cast<std::size_t>(at - out.data());
}

bool unpack(std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < out.size(); i += 2 * kWord) {
    if (from == in.size()) return false;
    const auto head = std::to_integer<std::size_t>(in[from++]);
    for (const std::size_t at : {i, i + kWord}) {
      const std::size_t length = at == i ? head & 15 : head >> 4;
      const std::size_t room = out.size() > at ? std::min(kWord, out.size() - at) : 0;
      if (length > room || length > in.size() - from) return false;
      if (room == 0) continue;
      std::memset(out.data() + at, 0, room);
      if (length != 0) std::memcpy(out.data() + at, in.data() + from, length);
      from += length;
    }
  }
  return from == in.size();
}

}  // namespace vfleet::state
