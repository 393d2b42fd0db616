#include "devices/charging_pile/dialects/ocpp16/certificates.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "devices/charging_pile/dialects/ocpp16/openssl_handles.h"

namespace vfleet::pile::ocpp16 {
namespace {

// What OpenSSL notes of a failure is of no use to the next caller.
struct QuietErrors {
  ~QuietErrors() { ERR_clear_error(); }
};

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

const EVP_MD* digest_of(std::string_view algorithm) {
  if (algorithm == "SHA256") return EVP_sha256();
  if (algorithm == "SHA384") return EVP_sha384();
  return algorithm == "SHA512" ? EVP_sha512() : nullptr;
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  std::string out =
      hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
  const auto first = out.find_first_not_of('0');
  return first == std::string::npos ? "0" : out.substr(first);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

template <class T>
std::string der_of(T* it, int (*write)(const T* it, unsigned char** to)) {
  std::string out(static_cast<std::size_t>(std::max(write(it, nullptr), 0)), '\0');
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  if (write(it, &at) < 0) out.clear();
  return out;
}
std::string der_of(X509* certificate) {
  return der_of<X509>(certificate, i2d_X509);
}
std::string der_of(EVP_PKEY* key) {
  return der_of<EVP_PKEY>(key, i2d_PrivateKey);
}

bool add_name(X509_NAME* name, const char* field, std::string_view value) {
  return value.empty() || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                     reinterpret_cast<const unsigned char*>(value.data()),
                                                     static_cast<int>(value.size()), -1, 0) == 1;
}

}  // namespace

Result<CertificateHash> hash_of_root(std::string_view der, std::string_view algorithm) {
  const QuietErrors quiet;
  const EVP_MD* digest = digest_of(algorithm);
  if (digest == nullptr) return fail(Errc::invalid_argument, "no such hash: " + std::string(algorithm));
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const OpensslPtr<X509> certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  if (certificate == nullptr) return fail(Errc::invalid_argument, "the certificate cannot be read");
  std::array<unsigned char, EVP_MAX_MD_SIZE> name;
  std::array<unsigned char, EVP_MAX_MD_SIZE> key;
  unsigned name_size = 0;
  unsigned key_size = 0;
  if (X509_NAME_digest(X509_get_issuer_name(certificate.get()), digest, name.data(), &name_size) != 1 ||
      X509_pubkey_digest(certificate.get(), digest, key.data(), &key_size) != 1) {
    return fail(Errc::invalid_argument, "the certificate's issuer cannot be read");
  }
  return CertificateHash{.algorithm = std::string(algorithm),
                         .issuer_name = hex(std::span(name).first(name_size)),
                         .issuer_key = hex(std::span(key).first(key_size)),
                         .serial = serial_of(certificate.get())};
}

Result<std::string> read_root(std::string_view pem, WallTime now) {
  const QuietErrors quiet;
  const auto certificate = read_certificate(pem);
  if (certificate == nullptr) return fail(Errc::invalid_argument, "the certificate cannot be read");
  if (X509_check_ca(certificate.get()) == 0)
    return fail(Errc::invalid_argument, "the certificate is not a CA's");
  if (auto good = check_dates(certificate.get(), now); !good) return tl::unexpected(good.error());
  return der_of(certificate.get());
}

Result<CertificateRequest> make_certificate_request(std::string_view common_name,
                                                    std::string_view organization) {
  const QuietErrors quiet;
  const OpensslPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const OpensslPtr<X509_REQ> request(X509_REQ_new());
  const OpensslPtr<BIO> request_text(BIO_new(BIO_s_mem()));
  if (key == nullptr || request == nullptr || request_text == nullptr) {
    return fail(Errc::unavailable, "no key could be made");
  }
  X509_NAME* name = X509_REQ_get_subject_name(request.get());
  if (common_name.empty() || !add_name(name, "O", organization) || !add_name(name, "CN", common_name)) {
    return fail(Errc::invalid_argument, "no certificate can hold this name: " + std::string(common_name));
  }
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0 ||
      PEM_write_bio_X509_REQ(request_text.get(), request.get()) != 1) {
    return fail(Errc::unavailable, "the request could not be made");
  }
  return CertificateRequest{der_of(key.get()), text_of(request_text.get())};
}

Result<std::string> read_signed_certificate(std::string_view chain, std::string_view key, WallTime now) {
  const QuietErrors quiet;
  ERR_clear_error();
  const auto bio = reading(chain);
  std::string all;
  while (true) {
    const OpensslPtr<X509> each(bio == nullptr ? nullptr
                                               : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (each == nullptr) break;
    if (all.empty()) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
      const OpensslPtr<EVP_PKEY> own(d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(key.size())));
      if (own == nullptr || X509_check_private_key(each.get(), own.get()) != 1) {
        return fail(Errc::invalid_argument, "the certificate is not for the key that was asked for");
      }
      if (auto good = check_dates(each.get(), now); !good) return tl::unexpected(good.error());
    }
    all += der_of(each.get());
  }
  // Only where nothing more begins they are all.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (all.empty() || !ended) {
    return fail(Errc::invalid_argument,
                all.empty() ? "the certificate cannot be read" : "a certificate of the chain cannot be read");
  }
  return all;
}

}  // namespace vfleet::pile::ocpp16
