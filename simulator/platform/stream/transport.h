#pragma once

#include <cstddef>

#include "simulator/platform/stream/listening.h"

using SSL = struct ssl_st;

namespace vfleet::platform::stream {

class TlsContext;

/// The bytes of a connected socket, plain or out of TLS. Never blocks.
class Transport {
 public:
  enum class Handshake : unsigned char { done, wants_read, wants_write, failed };

  /// Plain when `tls` is nullptr.
  Transport(Fd socket, TlsContext* tls);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Goes on with the handshake; `done` at once on a plain socket.
  [[nodiscard]] Handshake handshake();
  /// Bytes read or written; 0: none now; -1: the peer has ended the stream, or it broke.
  [[nodiscard]] std::ptrdiff_t read_some(char* into, std::size_t size);
  [[nodiscard]] std::ptrdiff_t write_some(const char* from, std::size_t size);
  /// What comes next, without taking it (plain sockets only; 0 with TLS).
  [[nodiscard]] std::size_t peek(char* into, std::size_t size) const;
  /// No more will be written. False when the connection has gone.
  [[nodiscard]] bool shutdown();

  [[nodiscard]] bool has_tls() const { return ssl_ != nullptr; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  /// The plain socket, which is no longer this one's.
  [[nodiscard]] Fd release() { return std::move(socket_); }

 private:
  Fd socket_;
  SSL* ssl_ = nullptr;
};

}  // namespace vfleet::platform::stream
