#pragma once

#include <openssl/types.h>

#include <functional>

#include "simulator/loop/event_loop.h"
#include "simulator/net/stream.h"
#include "simulator/net/tls_options.h"

struct ssl_session_st;  // SSL_SESSION

namespace vfleet::net {

class StreamSource;

/// Makes the stream that carries the TLS records; `events` outlives it.
using MakeCarrier = std::function<StreamPtr(StreamEvents& events)>;

/// TLS, as a client, over the stream that `carrier` makes. It is connected when the handshake has succeeded.
/// What is written counts as taken when it is encrypted: up to a record may wait here for the carrier.
/// `source` has TLS and outlives the stream.
[[nodiscard]] StreamPtr make_tls_stream(loop::EventLoop& loop, StreamSource& source,
                                        const TlsIdentity& identity, StreamEvents& events,
                                        const MakeCarrier& carrier);

/// For OpenSSL's callback: a session was made for the stream of `ssl`. True: it was kept, with its reference.
[[nodiscard]] bool keep_tls_session(SSL* ssl, ssl_session_st* session);

}  // namespace vfleet::net
