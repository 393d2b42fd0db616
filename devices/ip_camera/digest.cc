#include "devices/ip_camera/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <span>

namespace vfleet::devices::ip_camera {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(std::span<const unsigned char> digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(digest.size() * 2);
  for (const unsigned char byte : digest) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Digest digest{};
  SHA256(bytes_of(bytes), bytes.size(), digest.data());
  return hex(digest);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), digest.data(),
       &length);
  return hex(digest);
}

void append_base64(std::string_view bytes, codec::Buffer& out) {
  const std::size_t at = out.size();
  const std::size_t length = (bytes.size() + 2) / 3 * 4;
  out.resize(at + length + 1);  // EVP_EncodeBlock writes a terminator
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + at), bytes_of(bytes),
                  static_cast<int>(bytes.size()));
  out.resize(at + length);
}

}  // namespace vfleet::devices::ip_camera
