#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "simulator/net/endpoint.h"

namespace vfleet::net {

enum class StreamError : std::uint8_t {
  none,
  connection_refused,
  connect_timed_out,
  unreachable,
  reset,
  closed_by_peer,  ///< the peer ended its side in order
  no_descriptors,  ///< this process may not open more
  no_ports,        ///< no local port is left
  source_address,  ///< the source address is not one of this machine's
  too_long,        ///< a datagram that the way does not take
  no_buffers,      ///< the system has no room for it now, and says nothing when it has
  failed,          ///< anything else

  // TLS, ours to refuse:
  certificate_untrusted,   ///< no chain to a CA that is trusted
  certificate_expired,     ///< or not valid yet
  certificate_name,        ///< it is for another name
  certificate_invalid,     ///< anything else about it
  certificate_unreadable,  ///< our own certificate or key cannot be used
  handshake_cut,           ///< the peer ended the connection within the handshake
  handshake_failed,        ///< anything else within the handshake
  tls_version,             ///< no version in common
  not_tls,                 ///< what answered does not speak TLS
  tls_failed,              ///< after the handshake: bytes that are not TLS or were tampered with

  // TLS, what the peer refused us with (RFC 8446 section 6):
  tls_alert_handshake_failure,
  tls_alert_bad_certificate,
  tls_alert_unsupported_certificate,
  tls_alert_certificate_revoked,
  tls_alert_certificate_expired,
  tls_alert_certificate_unknown,
  tls_alert_unknown_ca,
  tls_alert_access_denied,
  tls_alert_decrypt_error,
  tls_alert_protocol_version,
  tls_alert_insufficient_security,
  tls_alert_internal_error,
  tls_alert_unrecognized_name,
  tls_alert_certificate_required,
  tls_alert_no_application_protocol,
  tls_alert_other,
};

/// A snake_case word for counters.
[[nodiscard]] std::string_view to_string(StreamError error);

/// What a Stream tells its user; always from the loop, never from within a call to the stream.
class StreamEvents {
 public:
  /// The attempt of connect() ended; `none`: connected.
  virtual void stream_connected(StreamError error) = 0;
  /// wait_readable() has an end: there are bytes, or an end of stream, or an error to read.
  virtual void stream_readable() = 0;
  /// wait_writable() has an end.
  virtual void stream_writable() = 0;

 protected:
  ~StreamEvents() = default;
};

struct IoResult {
  std::size_t bytes = 0;  ///< 0 without an error: would block
  StreamError error = StreamError::none;
};

/// A non-blocking byte stream over a connection: TCP, or TLS over another stream; the simulated network of
/// the tests is a third. One connection in its life. Loop thread only.
class Stream {
 public:
  /// At most once. An error: could not even start; stream_connected does not follow.
  [[nodiscard]] virtual StreamError connect(const Endpoint& to) = 0;
  /// Hands over what fits now.
  [[nodiscard]] virtual IoResult write_some(std::string_view bytes) = 0;
  [[nodiscard]] virtual IoResult read_some(std::span<char> into) = 0;
  /// One event each; asking again before it came changes nothing.
  virtual void wait_readable() = 0;
  virtual void wait_writable() = 0;

  /// What is known of the last error beyond its name, for people; empty when nothing.
  [[nodiscard]] virtual std::string detail() const { return {}; }
  /// What ALPN agreed on; empty without.
  [[nodiscard]] virtual std::string_view protocol() const { return {}; }

 protected:
  virtual ~Stream() = default;

 private:
  friend struct StreamRelease;
  /// Closes; no event follows. The object goes when nothing in the loop refers to it any more.
  virtual void release() = 0;
};

struct StreamRelease {
  void operator()(Stream* stream) const { stream->release(); }
};
using StreamPtr = std::unique_ptr<Stream, StreamRelease>;

}  // namespace vfleet::net
