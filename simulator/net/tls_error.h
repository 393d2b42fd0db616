#pragma once

#include <string>

#include "simulator/net/stream.h"

namespace vfleet::net {

/// What went wrong within TLS.
struct TlsTrouble {
  StreamError error = StreamError::none;
  std::string detail;  ///< for people
};

/// Reads (and empties) OpenSSL's queue after a call failed. `verify_result`: of the connection
/// (SSL_get_verify_result), X509_V_OK when it does not matter. `within_handshake` decides between
/// handshake_failed and tls_failed for what has no name of its own.
[[nodiscard]] TlsTrouble take_tls_trouble(long verify_result, bool within_handshake);

/// What is in OpenSSL's queue, in words; empties it.
[[nodiscard]] std::string take_tls_text();

}  // namespace vfleet::net
