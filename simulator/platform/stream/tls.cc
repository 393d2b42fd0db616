#include "simulator/platform/stream/tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "simulator/platform/stream/listening.h"

namespace vfleet::platform::stream {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* it) const {
    Free(it);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

constexpr std::int64_t kDay = 24 * 3600;

std::string openssl_says() {
  std::array<char, 256> text{};
  const unsigned long error = ERR_peek_last_error();
  if (error == 0) return "unknown error";
  ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

std::string text_in(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

std::string names_of(const std::string& host) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  std::array<unsigned char, 16> address{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                          ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
  if (is_address) names += ",IP:" + host;
  return names;
}

// A key and a certificate that it has signed itself.
bool make_own(SSL_CTX* context, const std::string& host, std::int64_t now_s) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate) return false;
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  std::uint64_t serial = static_cast<std::uint64_t>(now_s);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial);
  X509_NAME* name = X509_get_subject_name(x);
  const auto* text = reinterpret_cast<const unsigned char*>("vfleet-platform");
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) != 1) return false;
  X509_set_issuer_name(x, name);
  ASN1_TIME_set(X509_getm_notBefore(x), now_s - kDay);
  ASN1_TIME_set(X509_getm_notAfter(x), now_s + 3650 * kDay);
  X509_set_pubkey(x, key.get());
  return add_extension(x, NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(x, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
         add_extension(x, NID_ext_key_usage, "serverAuth,clientAuth") &&
         add_extension(x, NID_subject_key_identifier, "hash") &&
         add_extension(x, NID_subject_alt_name, names_of(host)) &&
         X509_sign(x, key.get(), EVP_sha256()) != 0 && SSL_CTX_use_certificate(context, x) == 1 &&
         SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

// For its owner alone to read.
bool write_secret(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Takes the first of the offered application protocols, but HTTP/2: the stand-in speaks what its port is for.
int take_first_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int size, void*) {
  for (unsigned int at = 0; at < size && in[at] != 0 && in[at] < size - at; at += 1U + in[at]) {
    const std::string_view name(reinterpret_cast<const char*>(in + at + 1), in[at]);
    if (name == "h2") continue;
    *out = in + at + 1;
    *out_size = in[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::open(const TlsFiles& files, const std::string& host,
                                                     const Clock& clock) {
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return fail(Errc::unavailable, "TLS: " + openssl_says());
  std::unique_ptr<TlsContext> out(new TlsContext(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("vfleet"), 6);
  SSL_CTX_set_alpn_select_cb(context, take_first_alpn, nullptr);
  // Clients of TLS 1.3 get one ticket; sessions are in the tickets, not here.
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  const bool make =
      files.make && ::access(files.cert.c_str(), F_OK) != 0 && ::access(files.key.c_str(), F_OK) != 0;
  if (files.cert.empty() || make) {
    const std::int64_t now_s = to_us(clock.wall_now()) / 1'000'000;
    if (!make_own(context, host, now_s)) return fail(Errc::unavailable, "no certificate: " + openssl_says());
    if (make &&
        !(write_secret(files.key, out->key_pem()) && write_secret(files.cert, out->certificate_pem()))) {
      return fail(Errc::unavailable, "cannot write " + files.cert + " and " + files.key);
    }
  } else {
    if (SSL_CTX_use_certificate_chain_file(context, files.cert.c_str()) != 1)
      return fail(Errc::unavailable, "cannot read the certificate " + files.cert + ": " + openssl_says());
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
      return fail(Errc::unavailable, "cannot read the key " + files.key + ": " + openssl_says());
  }
  if (!files.client_ca.empty()) {
    if (SSL_CTX_load_verify_locations(context, files.client_ca.c_str(), nullptr) != 1) {
      return fail(Errc::unavailable,
                  "cannot read the clients' CA " + files.client_ca + ": " + openssl_says());
    }
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.client_ca.c_str()));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return out;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::string TlsContext::certificate_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), SSL_CTX_get0_certificate(context_)) != 1) return {};
  return text_in(bio.get());
}

std::string TlsContext::key_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  EVP_PKEY* key = SSL_CTX_get0_privatekey(context_);
  if (!bio || PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
  return text_in(bio.get());
}

}  // namespace vfleet::platform::stream
