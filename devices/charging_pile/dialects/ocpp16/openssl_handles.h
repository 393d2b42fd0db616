#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

/// Owners of what OpenSSL makes, and what is asked of every certificate. For .cc files only.
namespace vfleet::pile::ocpp16 {

struct OpensslFree {
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  void operator()(BIO* it) const { BIO_free_all(it); }
  void operator()(X509_REQ* it) const { X509_REQ_free(it); }
  void operator()(X509_NAME* it) const { X509_NAME_free(it); }
};
template <class T>
using OpensslPtr = std::unique_ptr<T, OpensslFree>;

/// Reads from memory; `text` outlives it.
[[nodiscard]] inline OpensslPtr<BIO> reading(std::string_view text) {
  return OpensslPtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// The first certificate in `pem`; null: there is none.
[[nodiscard]] inline OpensslPtr<X509> read_certificate(std::string_view pem) {
  const auto bio = reading(pem);
  return OpensslPtr<X509>(bio == nullptr ? nullptr : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

/// Whether it is valid at `now`. Errors: invalid_argument.
[[nodiscard]] inline Status check_dates(const X509* certificate, WallTime now) {
  std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (X509_cmp_time(X509_get0_notBefore(certificate), &seconds) > 0) {
    return fail(Errc::invalid_argument, "the certificate is not valid yet");
  }
  if (X509_cmp_time(X509_get0_notAfter(certificate), &seconds) < 0) {
    return fail(Errc::invalid_argument, "the certificate has expired");
  }
  return {};
}

}  // namespace vfleet::pile::ocpp16
