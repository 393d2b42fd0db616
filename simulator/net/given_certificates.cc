#include "simulator/net/given_certificates.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "simulator/net/tls_error.h"

namespace vfleet::net {
namespace {

struct Free {
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(X509_STORE* it) const { X509_STORE_free(it); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

tl::unexpected<Error> unusable(std::string_view what) {
  return fail(Errc::invalid_argument,
              std::string(what) + " that came over the wire cannot be used: " + take_tls_text());
}

/// The next certificate of `der`, taken off it; null: it is none.
Owned<X509> take(std::string_view& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const begin = at;
  Owned<X509> read(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (read != nullptr) der.remove_prefix(static_cast<std::size_t>(at - begin));
  return read;
}

/// What `base` holds, and `roots`. Its certificates are shared: to read the system's again takes too long.
Result<Owned<X509_STORE>> make_store(X509_STORE* base, bool systems, std::string_view roots) {
  Owned<X509_STORE> store(X509_STORE_new());
  if (store == nullptr) return fail(Errc::unavailable, "tls: " + take_tls_text());
  STACK_OF(X509_OBJECT)* const known = X509_STORE_get0_objects(base);
  for (int i = 0; i < sk_X509_OBJECT_num(known); ++i) {
    X509* const each = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(known, i));
    if (each != nullptr) X509_STORE_add_cert(store.get(), each);
  }
  if (systems) {
    // Those that are looked up when they are needed.
    X509_LOOKUP* const folder = X509_STORE_add_lookup(store.get(), X509_LOOKUP_hash_dir());
    if (folder != nullptr) X509_LOOKUP_ctrl(folder, X509_L_ADD_DIR, nullptr, X509_FILETYPE_DEFAULT, nullptr);
  }
  // A platform may install a CA that is not its own issuer.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  while (!roots.empty()) {
    const auto root = take(roots);
    if (root == nullptr || X509_STORE_add_cert(store.get(), root.get()) != 1)
      return unusable("a root certificate");
  }
  ERR_clear_error();
  return store;
}

}  // namespace

GivenTrust::~GivenTrust() {
  for (const Kept& each : kept_) X509_STORE_free(each.store);
}

Status GivenTrust::trust(SSL* ssl, bool systems, std::string_view roots) {
  auto at = std::find_if(kept_.begin(), kept_.end(),
                         [&](const Kept& each) { return each.store != nullptr && each.roots == roots; });
  if (at == kept_.end()) {
    auto made = make_store(SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), systems, roots);
    if (!made) return tl::unexpected(made.error());
    ++made_;
    at = kept_.begin() + static_cast<std::ptrdiff_t>(next_);
    next_ = (next_ + 1) % kKept;
    X509_STORE_free(at->store);
    *at = {std::string(roots), made->release()};
  }
  // What SSL_set1_verify_cert_store() is, without its cast.
  SSL_ctrl(ssl, SSL_CTRL_SET_VERIFY_CERT_STORE, 1, at->store);
  return {};
}

Status show_certificate(SSL* ssl, const TlsCredentials& given) {
  std::string_view chain = given.certificate;
  const auto own = take(chain);
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(given.key.data());
  const Owned<EVP_PKEY> key(d2i_AutoPrivateKey(nullptr, &key_bytes, static_cast<long>(given.key.size())));
  if (own == nullptr || key == nullptr || SSL_use_certificate(ssl, own.get()) != 1 ||
      SSL_use_PrivateKey(ssl, key.get()) != 1 || SSL_check_private_key(ssl) != 1) {
    return unusable("the certificate");
  }
  while (!chain.empty()) {
    const auto above = take(chain);
    // What SSL_add1_chain_cert() is.
    if (above == nullptr || SSL_ctrl(ssl, SSL_CTRL_CHAIN_CERT, 1, above.get()) != 1)
      return unusable("the certificate's chain");
  }
  return {};
}

}  // namespace vfleet::net
