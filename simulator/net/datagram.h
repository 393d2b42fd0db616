#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "simulator/net/endpoint.h"
#include "simulator/net/stream.h"

namespace vfleet::net {

/// What a Datagram tells its user; always from the loop, never from within a call to it.
class DatagramEvents {
 public:
  /// wait_readable() has an end: there are datagrams, or an error to receive.
  virtual void datagram_readable() = 0;
  /// wait_writable() has an end.
  virtual void datagram_writable() = 0;

 protected:
  ~DatagramEvents() = default;
};

/// What became of one datagram.
struct DatagramResult {
  bool done = false;  ///< false without an error: would block
  std::size_t bytes = 0;
  StreamError error = StreamError::none;
};

/// A UDP socket that talks to one peer. Errors do not end it: connection_refused says that nobody listens
/// there, as an earlier datagram found out. Loop thread only.
class Datagram {
 public:
  static constexpr std::size_t kSizeMax = 65'507;  ///< bytes, of IPv4

  /// At most once; says nothing about whether there is a peer. Errors: no_descriptors, no_ports,
  /// source_address, unreachable, failed.
  [[nodiscard]] virtual StreamError connect(const Endpoint& to) = 0;
  /// All of `bytes` as one datagram, or nothing. too_long: longer than the way takes;
  /// no_buffers: the queue of the interface is full, and no event says when it is not.
  [[nodiscard]] virtual DatagramResult send(std::string_view bytes) = 0;
  /// The next datagram; what does not fit `into` is lost.
  [[nodiscard]] virtual DatagramResult receive(std::span<char> into) = 0;
  /// One event each; asking again before it came changes nothing.
  virtual void wait_readable() = 0;
  virtual void wait_writable() = 0;

 protected:
  virtual ~Datagram() = default;

 private:
  friend struct DatagramRelease;
  /// Closes; no event follows.
  virtual void release() = 0;
};

struct DatagramRelease {
  void operator()(Datagram* datagram) const { datagram->release(); }
};
using DatagramPtr = std::unique_ptr<Datagram, DatagramRelease>;

}  // namespace vfleet::net
