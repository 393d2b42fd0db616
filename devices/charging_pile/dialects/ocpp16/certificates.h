#pragma once

#include <string>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::pile::ocpp16 {

/// CertificateHashData (security whitepaper), as RFC 6960 identifies certificates; all but the algorithm in
/// hexadecimal digits.
struct CertificateHash {
  std::string algorithm;  ///< SHA256, SHA384 or SHA512
  std::string issuer_name;
  std::string issuer_key;
  std::string serial;

  friend bool operator==(const CertificateHash&, const CertificateHash&) = default;
};

/// Of a root certificate (DER), which is its own issuer. Errors: invalid_argument.
[[nodiscard]] Result<CertificateHash> hash_of_root(std::string_view der,
                                                   std::string_view algorithm = "SHA256");

/// A certificate that may be installed as a root - PEM, a CA's, valid now - in DER. Errors: invalid_argument,
/// with the reason.
[[nodiscard]] Result<std::string> read_root(std::string_view pem, WallTime now);

/// A private key on P-256 and a request for a certificate of it.
struct CertificateRequest {
  std::string key;      ///< DER
  std::string request;  ///< PEM
};
/// For CN=`common_name`, O=`organization` (empty: none). Errors: invalid_argument (a name that no certificate
/// can hold), unavailable.
[[nodiscard]] Result<CertificateRequest> make_certificate_request(std::string_view common_name,
                                                                  std::string_view organization);

/// The certificates of `chain` (PEM) in DER, one after another: the first is for `key` (DER), and valid now.
/// Errors: invalid_argument, with the reason.
[[nodiscard]] Result<std::string> read_signed_certificate(std::string_view chain, std::string_view key,
                                                          WallTime now);

}  // namespace vfleet::pile::ocpp16
