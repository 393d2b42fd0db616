#pragma once

#include <memory>
#include <string>

#include "simulator/core/clock.h"
#include "simulator/core/result.h"

using SSL_CTX = struct ssl_ctx_st;

namespace vfleet::platform::stream {

struct TlsFiles {
  std::string cert;       ///< PEM, the server's certificate first; empty: one is made
  std::string key;        ///< PEM
  bool make = false;      ///< make both and write them there when neither is there
  std::string client_ca;  ///< PEM: clients must show a certificate of one of these; empty: they need none
};

/// The server's side of TLS: certificate, key, and tickets by which clients resume. One made before a process
/// forks is good in every child: a client may resume at another one.
class TlsContext {
 public:
  /// From files, or with a certificate made now: signed by itself, for localhost, 127.0.0.1, ::1 and `host`,
  /// good for ten years. Errors: unavailable, naming the file.
  [[nodiscard]] static Result<std::unique_ptr<TlsContext>> open(const TlsFiles& files,
                                                                const std::string& host, const Clock& clock);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] SSL_CTX* native() const { return context_; }
  /// What clients have to trust, as PEM: the server's certificate.
  [[nodiscard]] std::string certificate_pem() const;
  [[nodiscard]] std::string key_pem() const;

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}

  SSL_CTX* context_;
};

}  // namespace vfleet::platform::stream
