#include "simulator/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "simulator/core/hash.h"
#include "simulator/net/endpoint.h"
#include "simulator/net/tls_error.h"
#include "simulator/net/tls_stream.h"

namespace vfleet::net {
namespace {

// A whole record and some: one call to the socket brings it.
constexpr std::size_t kScratch = 17 * 1024;

tl::unexpected<Error> bad_file(std::string_view what, const std::string& file) {
  std::string why = take_tls_text();
  errno = 0;
  std::FILE* opened = std::fopen(file.c_str(), "re");
  if (opened == nullptr) {
    return fail(Errc::unavailable, std::string(what) + ": cannot read " + file + ": " + std::strerror(errno));
  }
  std::fclose(opened);
  if (why.empty()) why = "nothing of that kind in it";
  return fail(Errc::invalid_argument, std::string(what) + ": " + file + " cannot be used: " + why);
}

// Both end in the same question whether they fit together, for a context and for a connection.
struct OfContext {
  SSL_CTX* context;
  int chain(const char* file) { return SSL_CTX_use_certificate_chain_file(context, file); }
  int key(const char* file) { return SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM); }
  int fits() { return SSL_CTX_check_private_key(context); }
};
struct OfConnection {
  SSL* ssl;
  int chain(const char* file) { return SSL_use_certificate_chain_file(ssl, file); }
  int key(const char* file) { return SSL_use_PrivateKey_file(ssl, file, SSL_FILETYPE_PEM); }
  int fits() { return SSL_check_private_key(ssl); }
};

template <class Target>
Status use_certificate(Target target, const std::string& certificate, const std::string& key) {
  const std::string& key_file = key.empty() ? certificate : key;
  if (target.chain(certificate.c_str()) != 1) return bad_file("tls.cert", certificate);
  if (target.key(key_file.c_str()) != 1) {
    // That the key is another's is found out here when the certificate came first.
    if (ERR_GET_REASON(ERR_peek_error()) != X509_R_KEY_VALUES_MISMATCH) return bad_file("tls.key", key_file);
  } else if (target.fits() == 1) {
    return {};
  }
  (void)take_tls_text();
  return fail(Errc::invalid_argument, "tls.key: the key in " + key_file + " is not that of " + certificate);
}

/// As the wire has it: a byte of length before each name (RFC 7301 section 3.1).
Result<std::string> wire_alpn(const std::vector<std::string>& names) {
  std::string wire;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 255) {
      return fail(Errc::invalid_argument, "tls.alpn: a name is 1 to 255 characters long");
    }
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

/// OpenSSL's own check; what it found is not kept with the connection.
int check_chain(X509_STORE_CTX* check, void*) {
  const int good = X509_verify_cert(check);
  X509_STORE_CTX_set0_verified_chain(check, nullptr);
  return good;
}

/// Everything that a context is made of: two that have the same are the same.
std::string content_of(const TlsOptions& options) {
  std::string text;
  const auto add = [&](std::string_view part) { (text += part) += '\0'; };
  for (const std::string* file : {&options.ca, &options.certificate, &options.key}) {
    add(*file);
    struct stat now {};
    if (file->empty() || ::stat(file->c_str(), &now) != 0) continue;
    for (const std::int64_t each :
         {static_cast<std::int64_t>(now.st_dev), static_cast<std::int64_t>(now.st_ino),
          static_cast<std::int64_t>(now.st_size), static_cast<std::int64_t>(now.st_mtim.tv_sec),
          static_cast<std::int64_t>(now.st_mtim.tv_nsec)}) {
      add(std::to_string(each));
    }
  }
  add(options.name);
  add(options.verify ? "verify" : "");
  add(options.resume ? "resume" : "");
  for (const std::string& each : options.alpn) add(each);
  return text;
}

int session_made(SSL* ssl, SSL_SESSION* session) {
  return keep_tls_session(ssl, session) ? 1 : 0;
}

}  // namespace

void TlsContext::Free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

TlsContext::TlsContext(TlsOptions options) : options_(std::move(options)), scratch_(kScratch) {}

TlsContext::~TlsContext() {
  for (const Kept& each : sessions_) SSL_SESSION_free(each.session);
  for (const Light& each : lights_) {
    SSL_SESSION_free(each.session);
    SSL_CTX_free(each.context);
  }
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<TlsContext>> TlsContext::of(const TlsOptions& options) {
  thread_local std::map<std::string, std::weak_ptr<TlsContext>> contexts;
  const std::string key = content_of(options);
  if (const auto at = contexts.find(key); at != contexts.end()) {
    if (auto present = at->second.lock()) return present;
  }
  std::shared_ptr<TlsContext> made(new TlsContext(options));
  if (Status ok = made->set_up(); !ok) return tl::unexpected(ok.error());
  std::erase_if(contexts, [](const auto& each) { return each.second.expired(); });
  contexts[key] = made;
  return made;
}

std::uint64_t TlsContext::owner(const TlsIdentity& identity) {
  const std::uint64_t own = identity.certificate.empty() ? 0 : identity.device + 1;
  const TlsCredentials* given = identity.given;
  if (given == nullptr || (given->roots.empty() && given->certificate.empty())) return own;
  const std::uint64_t shown =
      given->certificate.empty() ? own : mix(hash(given->certificate), identity.device + 1);
  constexpr std::uint64_t kGiven = std::uint64_t{1} << 63U;  // never a device's number
  return mix(hash(given->roots), shown) | kGiven;
}

Status TlsContext::set_up() {
  ERR_clear_error();
  context_ = SSL_CTX_new(TLS_client_method());
  if (context_ == nullptr) return fail(Errc::unavailable, "tls: " + take_tls_text());
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION);
  // An idle connection holds no buffers.
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_verify(context_, options_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(context_, check_chain, nullptr);
  if (options_.verify) {
    if (options_.ca.empty()) {
      SSL_CTX_set_default_verify_paths(context_);
    } else if (SSL_CTX_load_verify_file(context_, options_.ca.c_str()) != 1) {
      return bad_file("tls.ca", options_.ca);
    }
  }
  if (!options_.certificate.empty()) {
    if (Status ok = use_certificate(OfContext{context_}, options_.certificate, options_.key); !ok) return ok;
  }
  if (!options_.alpn.empty()) {
    const auto wire = wire_alpn(options_.alpn);
    if (!wire) return tl::unexpected(wire.error());
    // Zero is success here.
    if (SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(wire->data()),
                                static_cast<unsigned>(wire->size())) != 0) {
      return fail(Errc::invalid_argument, "tls.alpn: " + take_tls_text());
    }
  }
  // Without resumption, too: a ticket of TLS 1.3 comes anyway, and lighten() is to know of it.
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, session_made);
  if (options_.resume) {
    sessions_.resize(kSessionsMax);
  } else {
    SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
  }
  ERR_clear_error();
  return {};
}

Result<TlsContext::Ssl> TlsContext::connection(const TlsIdentity& identity) {
  ERR_clear_error();
  Ssl ssl(SSL_new(context_));
  if (ssl == nullptr) return fail(Errc::unavailable, "tls: " + take_tls_text());
  SSL_set_connect_state(ssl.get());
  const bool literal = parse_address(options_.name, 0).has_value();
  if (!options_.name.empty() && !literal) {
    // What SSL_set_tlsext_host_name() is, without its cast.
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, options_.name.data());
  }
  if (options_.verify && !options_.name.empty()) {
    const int named = literal
                          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), options_.name.c_str())
                          : SSL_set1_host(ssl.get(), options_.name.c_str());
    if (named != 1) return fail(Errc::invalid_argument, "tls.name: " + take_tls_text());
  }
  if (Status taken = take_identity(ssl.get(), identity); !taken) return tl::unexpected(taken.error());
  if (options_.resume) {
    const Kept& kept = sessions_[owner(identity) % kSessionsMax];
    if (kept.session != nullptr && kept.owner == owner(identity)) SSL_set_session(ssl.get(), kept.session);
  }
  return ssl;
}

Status TlsContext::take_identity(SSL* ssl, const TlsIdentity& identity) {
  const TlsCredentials* const given = identity.given;
  if (given != nullptr && options_.verify && !given->roots.empty()) {
    if (Status trusted = given_trust_.trust(ssl, options_.ca.empty(), given->roots); !trusted) return trusted;
  }
  if (given != nullptr && !given->certificate.empty()) return show_certificate(ssl, *given);
  if (identity.needs_given) return fail(Errc::invalid_argument, "no certificate came over the wire yet");
  if (identity.certificate.empty()) return {};
  return use_certificate(OfConnection{ssl}, std::string(identity.certificate), std::string(identity.key));
}

const TlsContext::Light* TlsContext::light(SSL* ssl) {
  const SSL_METHOD* const method = SSL_get_ssl_method(ssl);
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl);
  for (const Light& each : lights_) {
    if (each.method == method && each.cipher == cipher) return &each;
  }
  Light made{method, cipher, SSL_CTX_new(method), SSL_SESSION_new()};
  if (cipher == nullptr || made.context == nullptr || made.session == nullptr ||
      SSL_SESSION_set_cipher(made.session, cipher) != 1 ||
      SSL_SESSION_set_protocol_version(made.session, SSL_version(ssl)) != 1) {
    SSL_SESSION_free(made.session);
    SSL_CTX_free(made.context);
    return nullptr;
  }
  // Sessions of later tickets are copies of this one.
  SSL_SESSION_set_timeout(made.session, SSL_CTX_get_timeout(context_));
  return &lights_.emplace_back(made);
}

void TlsContext::lighten(SSL* ssl) {
  const Light* const shared = light(ssl);
  if (shared == nullptr) return ERR_clear_error();
  // Its certificates go with its context. The other's method is the negotiated one: with a context of "any
  // version" SSL_set_session() would begin anew.
  SSL_set_SSL_CTX(ssl, shared->context);
  // A session that is taken from an open connection counts as bad, and could not be resumed.
  const int shutdown = SSL_get_shutdown(ssl);
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);
  SSL_set_session(ssl, shared->session);
  SSL_set_shutdown(ssl, shutdown);
}

bool TlsContext::keep(std::uint64_t owner, SSL_SESSION* session) {
  if (sessions_.empty()) return false;
  Kept& kept = sessions_[owner % kSessionsMax];
  SSL_SESSION_free(kept.session);
  kept = {owner, session};
  return true;
}

void TlsContext::forget(std::uint64_t owner) {
  if (sessions_.empty()) return;
  Kept& kept = sessions_[owner % kSessionsMax];
  if (kept.owner != owner) return;
  SSL_SESSION_free(kept.session);
  kept = {};
}

}  // namespace vfleet::net
