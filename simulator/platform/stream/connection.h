#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "simulator/loop/asio_loop.h"
#include "simulator/platform/stream/protocol.h"
#include "simulator/platform/stream/transport.h"

namespace vfleet::platform::stream {

struct Limits;

/// A connection of a Server. Both buffers hold no memory while it waits for the next message.
struct Connection : Client {
  enum class Phase : std::uint8_t {
    handshaking,
    open,
    closing,    ///< the last answer is in `out`; then shut down in order
    cutting,    ///< the last bytes are in `out`; then close without a word
    lingering,  ///< shut down; what still comes is thrown away, so that the answer is not lost by a reset
  };

  Connection(Fd socket, TlsContext* tls) : transport(std::move(socket), tls) {}

  Transport transport;
  std::string in;        ///< bytes that came and are not handled yet
  std::string out;       ///< bytes to be written
  std::size_t held = 0;  ///< bytes of an unfinished message that the protocol keeps
  std::size_t out_at = 0;
  std::size_t needed = 0;                       ///< `in` is not looked at again before it has so many
  std::size_t input_left = Protocol::kNoLimit;  ///< bytes until it is cut
  TimePoint last;                               ///< of the last byte in either direction
  TimePoint since;                              ///< of the unfinished message's first byte
  std::unique_ptr<loop::CallbackTimer> delay;   ///< set while an answer is held back
  std::uint32_t interest = 0;                   ///< the epoll events that are asked for
  Phase phase = Phase::open;
  bool more = false;    ///< `in` may hold a whole message: go on when `out` is written
  bool frozen = false;  ///< waits for the end of a pause

  /// Of an unfinished message: what is here of it, whoever keeps it.
  [[nodiscard]] std::size_t partial_bytes() const { return in.size() + held; }
};

/// Whether a client took too long: between messages, for one, for reading its answer, for a handshake or for
/// closing. Never while the server itself lets it wait.
[[nodiscard]] bool is_late(const Connection& connection, const Limits& limits, TimePoint now);

}  // namespace vfleet::platform::stream
