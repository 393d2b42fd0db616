#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform::stream {

/// An epoll set of its own inside of the loop's: a socket that was read needs no system call to wait again,
/// and a batch of them costs one. Level-triggered.
class EventSet {
 public:
  /// Is told the number of a socket with the epoll events it has. It may add, change and remove any socket,
  /// and close it: an event that was gathered before comes none the less, with the number of what has gone.
  using Handler = std::function<void(std::uint64_t number, std::uint32_t events)>;

  /// `loop` outlives it.
  EventSet(loop::AsioLoop& loop, Handler handler);
  ~EventSet();

  /// False: the kernel has no room for it.
  [[nodiscard]] bool add(int socket, std::uint32_t events, std::uint64_t number);
  void change(int socket, std::uint32_t events, std::uint64_t number);
  /// Closing a socket removes it as well, unless another process has a copy: then its events would go on.
  void remove(int socket);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::platform::stream
