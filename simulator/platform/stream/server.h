#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/platform/pauses.h"
#include "simulator/platform/stream/listening.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform::stream {

class TlsContext;

struct Limits {
  std::size_t connections_max =
      100'000;  ///< and never more than the descriptor limit leaves; others are closed
  std::size_t partial_bytes_max = 256U * 1024 * 1024;  ///< unfinished messages of all connections together
  std::size_t output_bytes_max =
      256U * 1024;  ///< that wait for a client which does not read; then it gets no more
  Duration idle_timeout = std::chrono::minutes(15);  ///< between messages
  Duration message_timeout =
      std::chrono::seconds(30);  ///< from a message's first byte to its last, for writing, for a handshake
};

struct Counts {
  std::uint64_t open = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;            ///< connections past a limit
  std::uint64_t timed_out = 0;          ///< connections: idle too long or too slow
  std::uint64_t handshakes_failed = 0;  ///< TLS
};

/// Serves very many connections with small messages on one loop: bytes go to a Protocol, plain or out of TLS.
/// A connection holds no buffer while it waits; all share one for reading. A turn takes at most one read
/// (64 KiB) from a connection. What a client does not read stops it from being read.
class Server {
 public:
  /// `loop`, `protocol`, `tls` (nullptr: plain) and `pauses` (nullptr: none) outlive it.
  Server(loop::AsioLoop& loop, Protocol& protocol, Limits limits = {}, TlsContext* tls = nullptr,
         const Pauses* pauses = nullptr);
  ~Server();

  /// Takes connections from a listening socket. At most one.
  void accept_from(Fd listening);
  /// Goes on with a connection of another process, of which `bytes` were read already. Not with TLS.
  void adopt(Fd socket, std::string_view bytes);
  /// Who takes connections that a protocol hands over; false: it could not, and the connection is closed.
  void set_hand_over(std::function<bool(int socket, std::string_view bytes)> hand_over);

  /// Whether send() would take something now: the client is there and has not too much to read already.
  [[nodiscard]] bool can_send(std::uint64_t client) const;
  /// Sends what answers nothing. False when the client has gone or has too much to read already.
  bool send(std::uint64_t client, std::string_view bytes);
  /// What the protocol keeps about a client; nullptr when it has gone.
  [[nodiscard]] ClientState* state_of(std::uint64_t client);
  /// Closes a connection in order, once `last_words` are written; in a later turn.
  void end(std::uint64_t client, std::string last_words);

  /// Takes no new connections, writes what is to be written (at most a second), closes all, calls `done`.
  void stop(std::function<void()> done);

  [[nodiscard]] const Counts& counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::platform::stream
