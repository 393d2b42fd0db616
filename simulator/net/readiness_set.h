#pragma once

#include <cstdint>
#include <memory>

#include "simulator/core/clock.h"

namespace boost::asio {
class io_context;
}

namespace vfleet::net {

/// What a ReadinessSet tells.
class Watched {
 public:
  /// `events`: bits of epoll that have come up since the last call; none: the turn that soon() asked for. It
  /// may take itself and others out of the set, and be destroyed.
  virtual void happened(std::uint32_t events) = 0;

 protected:
  ~Watched() = default;
};

/// Tells sockets when they can be read or written. Each stands once, edge-triggered, behind one epoll
/// descriptor of the set's own, so waiting costs a socket no system call; Asio, whose waits arm a descriptor
/// each time anew, waits for that one descriptor only.
///
/// A turn of the loop tells a bounded number of sockets, and when they take long (TLS handshakes do) only for
/// a bounded time, so that timers and others come in between. Loop thread only.
class ReadinessSet {
 public:
  /// Of a socket in the set.
  using Place = std::uint32_t;

  /// Throws std::system_error when there is no descriptor left. `context` and `clock` outlive it.
  ReadinessSet(boost::asio::io_context& context, const Clock& clock);
  ~ReadinessSet();
  ReadinessSet(const ReadinessSet&) = delete;
  ReadinessSet& operator=(const ReadinessSet&) = delete;

  /// Tells `watched` of every edge of descriptor `fd`, the first being what it is ready for now. It stays
  /// until remove(). An error: an errno, and nothing was added.
  [[nodiscard]] int add(int fd, Watched& watched, Place& place);
  /// Nothing follows, also of what has happened already. The descriptor must be closed by then or right
  /// after.
  void remove(Place place);
  /// happened(0) in a later turn.
  void soon(Place place);

 private:
  struct State;
  // Handlers in the loop may outlive the set.
  std::shared_ptr<State> state_;
};

}  // namespace vfleet::net
