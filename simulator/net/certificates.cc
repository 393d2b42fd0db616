#include "simulator/net/certificates.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>

#include "simulator/net/endpoint.h"
#include "simulator/net/tls_error.h"

namespace vfleet::net {
namespace {

struct FreeAny {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeAny>;

tl::unexpected<Error> failed(std::string_view what) {
  return fail(Errc::invalid_argument, "certificate: " + std::string(what) + ": " + take_tls_text());
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

Owned<EVP_PKEY> make_key() {
  // EVP_EC_gen() is a macro with an old cast.
  return Owned<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_time(ASN1_TIME* to, WallTime time) {
  return ASN1_TIME_set(to, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()) !=
         nullptr;
}

/// Everything but extensions and signature.
Owned<X509> blank(const std::string& common_name, EVP_PKEY* key, WallTime from, WallTime until) {
  Owned<X509> made(X509_new());
  std::array<unsigned char, 16> serial{};
  if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return nullptr;
  serial[0] &= 0x7f;  // positive
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get()));
  BN_free(number);
  const bool good =
      X509_set_version(made.get(), X509_VERSION_3) == 1 && X509_set_pubkey(made.get(), key) == 1 &&
      set_time(X509_getm_notBefore(made.get()), from) && set_time(X509_getm_notAfter(made.get()), until) &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) == 1;
  return good ? std::move(made) : nullptr;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool address = parse_address(name, 0).has_value();
    text += (text.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + name;
  }
  return text;
}

bool plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.find_first_of(",\n\r") == std::string::npos;
}

}  // namespace

void CertificateAuthority::Free::operator()(X509* certificate) const {
  X509_free(certificate);
}
void CertificateAuthority::Free::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}

Result<CertificateAuthority> CertificateAuthority::make(std::string_view common_name, WallTime from,
                                                        WallTime until) {
  auto key = make_key();
  if (key == nullptr) return failed("no key");
  auto certificate = blank(std::string(common_name), key.get(), from, until);
  if (certificate == nullptr) return failed(common_name);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  X509* const ca = certificate.get();
  if (!add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(ca, ca, NID_subject_key_identifier, "hash") ||
      X509_sign(ca, key.get(), EVP_sha256()) == 0) {
    return failed(common_name);
  }
  CertificateAuthority made;
  made.pem_ = {pem_of(certificate.get()), pem_of(key.get())};
  made.certificate_.reset(certificate.release());
  made.key_.reset(key.release());
  return made;
}

Result<CertificateAuthority> CertificateAuthority::load(PemPair pair) {
  CertificateAuthority made;
  const Owned<BIO> certificate(
      BIO_new_mem_buf(pair.certificate.data(), static_cast<int>(pair.certificate.size())));
  made.certificate_.reset(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
  const Owned<BIO> key(BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size())));
  made.key_.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  if (made.certificate_ == nullptr || made.key_ == nullptr ||
      X509_check_private_key(made.certificate_.get(), made.key_.get()) != 1) {
    return failed("not a CA with its key");
  }
  made.pem_ = std::move(pair);
  return made;
}

Result<PemPair> CertificateAuthority::issue(const CertificateWish& wish) const {
  for (const std::string& name : wish.names) {
    if (!plain_name(name)) return fail(Errc::invalid_argument, "certificate: \"" + name + "\" is no name");
  }
  const auto key = make_key();
  if (key == nullptr) return failed("no key");
  const auto certificate = blank(wish.common_name, key.get(), wish.from, wish.until);
  if (certificate == nullptr) return failed(wish.common_name);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  X509* const to = certificate.get();
  X509* const ca = certificate_.get();
  const std::string usage = std::string(wish.server ? "serverAuth" : "") +
                            (wish.server && wish.client ? "," : "") + (wish.client ? "clientAuth" : "");
  bool good = add_extension(to, ca, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(to, ca, NID_key_usage, "critical,digitalSignature") &&
              add_extension(to, ca, NID_subject_key_identifier, "hash") &&
              add_extension(to, ca, NID_authority_key_identifier, "keyid");
  if (!usage.empty()) good = good && add_extension(to, ca, NID_ext_key_usage, usage);
  if (!wish.names.empty()) {
    good = good && add_extension(to, ca, NID_subject_alt_name, alternative_names(wish.names));
  }
  if (!good || X509_sign(to, key_.get(), EVP_sha256()) == 0) return failed(wish.common_name);
  return PemPair{pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace vfleet::net
