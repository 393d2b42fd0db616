#include "simulator/platform/roles/tokens.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>

#include "simulator/core/ascii.h"
#include "simulator/platform/misbehaviour.h"

namespace vfleet::platform {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::size_t kSealBytes = 16;
constexpr std::size_t kSealDigits = 2 * kSealBytes;

// FNV-1a: whose a token is, in digits. The seal is what protects it.
std::uint64_t number_of(std::string_view device) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : device) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return device.empty() ? 0 : hash | 1U;
}

bool take_hex(std::string_view& text, std::uint64_t& out) {
  const std::size_t end = text.find('.');
  if (end == std::string_view::npos) return false;
  const auto [at, error] = std::from_chars(text.data(), text.data() + end, out, 16);
  const bool good = error == std::errc{} && at == text.data() + end;
  text.remove_prefix(end + 1);
  return good;
}

}  // namespace

Result<std::array<unsigned char, 32>> Tokens::make_secret() {
  std::array<unsigned char, 32> secret{};
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1)
    return fail(Errc::unavailable, "no random bytes for tokens");
  return secret;
}

bool Tokens::gives(std::string_view target) const {
  return wanted() && fits_glob(options_.path, target.substr(0, target.find('?')));
}

std::string Tokens::sealed(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> seal{};
  HMAC(EVP_sha256(), options_.secret.data(), static_cast<int>(options_.secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), seal.data(), nullptr);
  std::string out(text);
  for (std::size_t i = 0; i < kSealBytes; ++i) fmt::format_to(std::back_inserter(out), "{:02x}", seal[i]);
  return out;
}

std::string Tokens::issue(std::string_view device) const {
  const bool ends = options_.lifetime != Duration::zero();
  const auto until = (clock_.now() + options_.lifetime).time_since_epoch().count();
  const std::string token =
      sealed(fmt::format("{:x}.{:x}.", ends ? static_cast<std::uint64_t>(until) : 0, number_of(device)));
  std::string out = "\"token\":\"" + token + "\"";
  if (ends) {
    out += fmt::format(",\"expires\":{}",
                       std::chrono::duration_cast<std::chrono::seconds>(options_.lifetime).count());
  }
  return out;
}

bool Tokens::let_in(std::string_view authorization, std::string_view device) const {
  if (!same_but_for_case(authorization.substr(0, kBearer.size()), kBearer)) return false;
  const std::string_view token = authorization.substr(kBearer.size());
  if (token.size() < kSealDigits) return false;
  const std::string right = sealed(token.substr(0, token.size() - kSealDigits));
  if (CRYPTO_memcmp(right.data(), token.data(), token.size()) != 0) return false;
  std::string_view rest = token;
  std::uint64_t until = 0;
  std::uint64_t whose = 0;
  if (!take_hex(rest, until) || !take_hex(rest, whose)) return false;
  if (until != 0 && static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()) >= until)
    return false;
  return whose == 0 || device.empty() || whose == number_of(device);
}

}  // namespace vfleet::platform
