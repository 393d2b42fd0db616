#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "simulator/core/time.h"
#include "simulator/loop/event_loop.h"

/// Inside of the HTTP server; included by its .cc only.
namespace vfleet::platform::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// A client. Both buffers hold no memory while it waits for the next request.
struct Connection {
  enum class Phase : std::uint8_t {
    open,
    closing,    ///< the last answer is in `out`; then shut down in order
    cutting,    ///< the last bytes are in `out`; then close without a word
    lingering,  ///< shut down; what still comes is thrown away, so that the answer is not lost by a reset
  };

  Connection(Socket s, std::uint64_t n) : socket(std::move(s)), number(n) {}

  Socket socket;
  std::uint64_t
      number;  ///< unique in the server's life: tells handlers of a closed connection from its slot's next
  std::string in;   ///< bytes that came and are not handled yet
  std::string out;  ///< bytes to be written
  std::size_t out_at = 0;
  std::size_t needed = 0;                      ///< while a request is incomplete: its size, when known
  TimePoint last;                              ///< of the last byte in either direction
  TimePoint since;                             ///< of the unfinished request's first byte
  std::unique_ptr<loop::CallbackTimer> delay;  ///< set while an answer is held back
  Phase phase = Phase::open;
  bool continued = false;  ///< 100 Continue was sent for the unfinished request
  bool more = false;       ///< `in` may hold a whole request: go on when `out` is written
};

}  // namespace vfleet::platform::http
