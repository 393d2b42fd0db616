#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/net/given_certificates.h"
#include "simulator/net/stream.h"
#include "simulator/net/tls_options.h"

struct ssl_cipher_st;   // SSL_CIPHER
struct ssl_method_st;   // SSL_METHOD
struct ssl_session_st;  // SSL_SESSION

namespace vfleet::net {

/// What the TLS connections of one source share: OpenSSL's context (trust, ALPN, a common certificate), the
/// sessions to resume, and a buffer to read into.
class TlsContext {
 public:
  /// So many devices' sessions are kept; where devices have no certificate of their own they share one.
  static constexpr std::size_t kSessionsMax = 1024;

  /// One for all of this thread that want the same, as long as somebody has it and the files are the same.
  /// Errors as StreamSource::make says.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> of(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  struct Free {
    void operator()(SSL* ssl) const;
  };
  using Ssl = std::unique_ptr<SSL, Free>;
  /// A client connection: name, certificate and perhaps a session are in place. An error: the identity cannot
  /// be used; the text says why.
  [[nodiscard]] Result<Ssl> connection(const TlsIdentity& identity);

  /// Takes from a connection what only its handshake needed: certificates (the server's chain and its key are
  /// some 9 KB), and the session, of which it then shares one with nothing in it. To be called whenever the
  /// connection has got a session: at the end of the handshake and, in TLS 1.3, after a ticket. Not from
  /// within OpenSSL's callbacks.
  void lighten(SSL* ssl);

  /// Whose sessions may be resumed by that identity: only its own, for a session proves who made it, and
  /// spares the server the proof of who it is: of others' roots or of another certificate it is worth
  /// nothing.
  [[nodiscard]] static std::uint64_t owner(const TlsIdentity& identity);
  /// Keeps `session`, and one reference to it, for the next connection of `owner`. False (and no reference is
  /// taken): sessions are not kept.
  [[nodiscard]] bool keep(std::uint64_t owner, ssl_session_st* session);
  void forget(std::uint64_t owner);

  /// One for all connections: what is read into it must be dealt with before the call ends.
  [[nodiscard]] std::span<char> scratch() { return scratch_; }
  [[nodiscard]] const TlsOptions& options() const { return options_; }
  [[nodiscard]] const GivenTrust& given_trust() const { return given_trust_; }

 private:
  explicit TlsContext(TlsOptions options);
  Status set_up();
  /// Shows, and trusts, what the device has.
  [[nodiscard]] Status take_identity(SSL* ssl, const TlsIdentity& identity);
  /// What connections of one version and cipher share after their handshakes.
  struct Light {
    const ssl_method_st* method = nullptr;
    const ssl_cipher_st* cipher = nullptr;
    SSL_CTX* context = nullptr;
    ssl_session_st* session = nullptr;
  };
  /// Null: it cannot be made.
  const Light* light(SSL* ssl);

  TlsOptions options_;
  SSL_CTX* context_ = nullptr;
  struct Kept {
    std::uint64_t owner = 0;
    ssl_session_st* session = nullptr;  // null: none
  };
  GivenTrust given_trust_;
  std::vector<Light> lights_;   // one or two
  std::vector<Kept> sessions_;  // by owner % size; empty: none are kept
  std::vector<char> scratch_;
};

}  // namespace vfleet::net
