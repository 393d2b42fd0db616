#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

/// Certificates for tests and trials, made here: keys on P-256, signed by a CA of one's own.
namespace vfleet::net {

struct PemPair {
  std::string certificate;
  std::string key;
};

struct CertificateWish {
  std::string common_name;
  std::vector<std::string> names;  ///< subject alternative names: DNS names and addresses
  bool server = false;
  bool client = false;
  WallTime from;
  WallTime until;
};

class CertificateAuthority {
 public:
  /// Errors: invalid_argument (a name that no certificate can hold), unavailable.
  [[nodiscard]] static Result<CertificateAuthority> make(std::string_view common_name, WallTime from,
                                                         WallTime until);
  /// Errors: invalid_argument: not a certificate with its key.
  [[nodiscard]] static Result<CertificateAuthority> load(PemPair pair);

  /// Errors as make().
  [[nodiscard]] Result<PemPair> issue(const CertificateWish& wish) const;
  [[nodiscard]] const PemPair& pem() const { return pem_; }

 private:
  struct Free {
    void operator()(X509* certificate) const;
    void operator()(EVP_PKEY* key) const;
  };
  CertificateAuthority() = default;
  PemPair pem_;
  std::unique_ptr<X509, Free> certificate_;
  std::unique_ptr<EVP_PKEY, Free> key_;
};

}  // namespace vfleet::net
