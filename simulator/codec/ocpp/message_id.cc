#include "simulator/codec/ocpp/message_id.h"

#include <array>
#include <bit>
#include <cstring>

#include "simulator/core/hash.h"

namespace vfleet::codec::ocpp {
namespace {

// A UUID has 122 free bits. The 62 of its second half are boot and counter, shuffled by steps that can all be
// taken back, so that ids differ when these do; the 60 of its first half are a hash of them.
constexpr std::uint64_t kMask = (1ULL << 62) - 1;
constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15ULL & kMask;
constexpr std::uint32_t kBootMask = (1U << 30) - 1;

/// kFactor's inverse modulo 2^62, by Newton's iteration: each step doubles the bits that are right.
constexpr std::uint64_t inverse() {
  std::uint64_t x = kFactor;
  for (int i = 0; i < 6; ++i) x *= 2 - kFactor * x;
  return x & kMask;
}
static_assert(((kFactor * inverse()) & kMask) == 1);

std::uint64_t shuffle(std::uint64_t value, std::uint64_t key) {
  value = (value ^ key) & kMask;
  value = (value * kFactor) & kMask;
  value ^= value >> 31;
  return (value * kFactor) & kMask;
}

std::uint64_t unshuffle(std::uint64_t value, std::uint64_t key) {
  value = (value * inverse()) & kMask;
  value ^= value >> 31;  // 62 bits: once is enough to take it back
  value = (value * inverse()) & kMask;
  return (value ^ key) & kMask;
}

constexpr int kDashes[] = {8, 13, 18, 23};

/// The eight hexadecimal digits of `value`, all at once: a byte for each four bits, then a letter.
void put_hex(std::uint32_t value, char* out) {
  static_assert(std::endian::native == std::endian::little, "the last digit is in the lowest byte");
  std::uint64_t x = value;
  x = (x & 0xffff0000U) << 16 | (x & 0xffffU);
  x = (x & 0x0000ff000000ff00ULL) << 8 | (x & 0x000000ff000000ffULL);
  x = (x & 0x00f000f000f000f0ULL) << 4 | (x & 0x000f000f000f000fULL);
  const std::uint64_t letters = (x + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
  x += 0x3030303030303030ULL + letters * ('a' - '0' - 10);
  x = __builtin_bswap64(x);
  std::memcpy(out, &x, sizeof x);
}

}  // namespace

MessageId MessageIds::make(Origin origin) const {
  const std::uint64_t plain = static_cast<std::uint64_t>(origin.boot & kBootMask) << 32 | origin.counter;
  const std::uint64_t hashed = mix(identity_, plain);
  const std::uint64_t high = (hashed & ~0xf000ULL) | 0x4000ULL;                      // version 4
  const std::uint64_t low = shuffle(plain, mix(identity_)) | 0x8000000000000000ULL;  // variant 1
  std::array<char, 32> digits;
  put_hex(static_cast<std::uint32_t>(high >> 32), digits.data());
  put_hex(static_cast<std::uint32_t>(high), digits.data() + 8);
  put_hex(static_cast<std::uint32_t>(low >> 32), digits.data() + 16);
  put_hex(static_cast<std::uint32_t>(low), digits.data() + 24);
  MessageId id;
  id.fill('-');
  const auto put = [&](std::size_t to, std::size_t from, std::size_t count) {
    std::memcpy(id.data() + to, digits.data() + from, count);
  };
  put(0, 0, 8);
  put(9, 8, 4);
  put(14, 12, 4);
  put(19, 16, 4);
  put(24, 20, 12);
  return id;
}

std::optional<MessageIds::Origin> MessageIds::find(std::string_view id) const {
  if (id.size() != MessageId{}.size()) return std::nullopt;
  for (const int dash : kDashes)
    if (id[static_cast<std::size_t>(dash)] != '-') return std::nullopt;
  std::array<std::uint64_t, 2> half{};
  int digits = 0;
  for (const char c : id) {
    if (c == '-') continue;
    const char small = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    const bool number = small >= '0' && small <= '9';
    if ((!number && (small < 'a' || small > 'f')) || digits == 32) return std::nullopt;
    std::uint64_t& mine = half[digits < 16 ? 0 : 1];
    mine = mine << 4 | static_cast<std::uint64_t>(number ? small - '0' : small - 'a' + 10);
    ++digits;
  }
  const std::uint64_t plain = unshuffle(half[1] & kMask, mix(identity_));
  const Origin origin{static_cast<std::uint32_t>(plain >> 32), static_cast<std::uint32_t>(plain)};
  const MessageId same = make(origin);
  for (std::size_t i = 0; i < same.size(); ++i) {
    const char small = id[i] >= 'A' && id[i] <= 'F' ? static_cast<char>(id[i] + 32) : id[i];
    if (small != same[i]) return std::nullopt;
  }
  return origin;
}

}  // namespace vfleet::codec::ocpp
