#include "simulator/bus/curve.h"

#include <array>
#include <zmq.hpp>

#include "simulator/core/ascii.h"

namespace vfleet::bus {
namespace {

constexpr std::size_t kZ85Chars = 41;  // 40 and the end
constexpr std::size_t kFingerprintDigits = 16;

std::string raw_of(const std::array<char, kZ85Chars>& z85) {
  std::string raw(kKeyBytes, '\0');
  zmq_z85_decode(reinterpret_cast<std::uint8_t*>(raw.data()), z85.data());
  return raw;
}

}  // namespace

Result<KeyPair> make_key_pair() {
  std::array<char, kZ85Chars> public_key{};
  std::array<char, kZ85Chars> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    return fail(Errc::unavailable, "this libzmq was built without CURVE: tcp:// endpoints have no keys here");
  KeyPair out{raw_of(public_key), raw_of(secret_key)};
  secret_key.fill('\0');
  return out;
}

Result<std::string> public_key_of(std::string_view secret_key) {
  if (secret_key.size() != kKeyBytes) return fail(Errc::malformed, "a key has 32 bytes");
  std::array<char, kZ85Chars> secret{};
  std::array<char, kZ85Chars> derived{};
  zmq_z85_encode(secret.data(), reinterpret_cast<const std::uint8_t*>(secret_key.data()), kKeyBytes);
  const int failed = zmq_curve_public(derived.data(), secret.data());
  secret.fill('\0');
  if (failed != 0) return fail(Errc::unavailable, "this libzmq was built without CURVE");
  return raw_of(derived);
}

std::string to_hex(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(key.size() * 2);
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

Result<std::string> key_from_hex(std::string_view hex) {
  if (hex.size() != kKeyBytes * 2)
    return fail(Errc::malformed,
                "a key has 64 hex digits, this text has " + std::to_string(hex.size()) + " characters");
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]);
    const int low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return fail(Errc::malformed, "a key has 64 hex digits, nothing else");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string fingerprint(std::string_view public_key) {
  return to_hex(public_key).substr(0, kFingerprintDigits);
}

}  // namespace vfleet::bus
