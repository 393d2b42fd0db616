#pragma once

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/core/tls_credentials.h"

/// Certificates that devices have in memory rather than in files.
namespace vfleet::net {

/// Trust in the CAs of one configuration and those that a device was given. Devices with the same ones share
/// what is made of them.
class GivenTrust {
 public:
  GivenTrust() = default;
  ~GivenTrust();
  GivenTrust(const GivenTrust&) = delete;
  GivenTrust& operator=(const GivenTrust&) = delete;

  /// The connection of `ssl` trusts what its context does (`systems`: the system's CAs are among that) and
  /// `roots` (DER, one after another). Always for the same context. Errors: invalid_argument, unavailable.
  [[nodiscard]] Status trust(SSL* ssl, bool systems, std::string_view roots);
  /// How many stores were made: more than there are different ones when they are more than kKept.
  [[nodiscard]] std::uint64_t made() const { return made_; }

  static constexpr std::size_t kKept = 32;

 private:
  struct Kept {
    std::string roots;
    X509_STORE* store = nullptr;  // null: none
  };
  std::array<Kept, kKept> kept_;
  std::size_t next_ = 0;  // to be replaced
  std::uint64_t made_ = 0;
};

/// The connection of `ssl` shows `given.certificate`. Errors: invalid_argument.
[[nodiscard]] Status show_certificate(SSL* ssl, const TlsCredentials& given);

}  // namespace vfleet::net
