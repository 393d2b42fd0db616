#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "simulator/bus/zmq_socket.h"
#include "simulator/core/result.h"
#include "simulator/loop/event_loop.h"
#include "simulator/platform/platform.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform {

/// Takes reports over a ZeroMQ PULL socket, one a message (a single frame of at most 4 MiB). There is no way
/// back: no answers, no commands, no misbehaviour.
class ZmqIngest {
 public:
  /// `loop` and `platform` outlive it.
  ZmqIngest(loop::AsioLoop& loop, Platform& platform);

  /// Binds to ipc://PATH or tcp://HOST:PORT (port 0: any free one) and returns the endpoint with its real
  /// port. An ipc path that another process listens on is taken from it. Errors: unavailable,
  /// invalid_argument.
  [[nodiscard]] Result<std::string> listen(std::string endpoint);

  /// Takes what has arrived until nothing came for 50 ms (at most a second), closes, and calls `done`.
  void stop(std::function<void()> done);

  [[nodiscard]] std::uint64_t messages() const { return messages_; }

 private:
  void take(bus::ZmqSocket::Frames frames);
  void look_whether_quiet();

  loop::AsioLoop& loop_;
  Platform& platform_;
  bus::ZmqContext context_;
  std::unique_ptr<bus::ZmqSocket> socket_;
  std::uint64_t messages_ = 0;

  loop::CallbackTimer quiet_;
  std::uint64_t messages_then_ = 0;
  int looks_left_ = 20;
  std::function<void()> stopped_;
};

}  // namespace vfleet::platform
