#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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
  failed,          ///< anything else
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

/// A non-blocking byte stream over a connection: TCP here; TLS and a simulated network fit behind it too.
/// One connection in its life. Loop thread only.
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
