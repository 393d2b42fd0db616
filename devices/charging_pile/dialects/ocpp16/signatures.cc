#include "devices/charging_pile/dialects/ocpp16/signatures.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "devices/charging_pile/dialects/ocpp16/openssl_handles.h"
#include "simulator/core/base64.h"

namespace vfleet::pile::ocpp16 {
namespace {

bool verifies(EVP_PKEY* key, std::string_view signature, std::string_view bytes, bool pss) {
  const OpensslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key) != 1) return false;
  if (pss && (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
              EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_AUTO) != 1))
    return false;
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                          bytes.size()) == 1;
}

}  // namespace

Status verify_signature(std::string_view certificate, std::string_view signature, std::string_view bytes) {
  const auto read = read_certificate(certificate);
  EVP_PKEY* key = read == nullptr ? nullptr : X509_get0_pubkey(read.get());
  const auto decoded = base64_decode(signature);
  bool good = false;
  if (key != nullptr && decoded) {
    good = verifies(key, *decoded, bytes, false);
    if (!good && EVP_PKEY_is_a(key, "RSA") == 1) good = verifies(key, *decoded, bytes, true);
  }
  ERR_clear_error();
  if (key == nullptr) return fail(Errc::invalid_argument, "the certificate cannot be read");
  if (!decoded) return fail(Errc::invalid_argument, "the signature is not base64");
  if (!good) return fail(Errc::rejected, "the signature is not of this file and certificate");
  return {};
}

Status check_signing_certificate(std::string_view certificate, WallTime now) {
  const auto read = read_certificate(certificate);
  ERR_clear_error();
  if (read == nullptr) return fail(Errc::invalid_argument, "the certificate cannot be read");
  const EVP_PKEY* key = X509_get0_pubkey(read.get());
  if (key == nullptr) return fail(Errc::invalid_argument, "the certificate's key cannot be read");
  const bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
  if (EVP_PKEY_get_bits(key) < (rsa ? 2048 : 224))
    return fail(Errc::invalid_argument, "the certificate's key is too short");
  return check_dates(read.get(), now);
}

}  // namespace vfleet::pile::ocpp16
