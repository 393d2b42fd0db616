#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/loop/asio_loop.h"

namespace vfleet::test {

/// Platforms that take messages, on real sockets and the loop of the test. The WebSocket one is
/// Boost.Beast's, so that our own codec is judged by another's.
class MessageServer {
 public:
  enum class Way : std::uint8_t {
    websocket,
    websocket_tls,  ///< with the certificate in `certificate`
    lines,          ///< TCP, each message a line
    datagrams,      ///< UDP
  };
  struct Certificate {
    std::string certificate;  ///< PEM
    std::string key;
  };

  MessageServer(loop::AsioLoop& loop, Way way, const Certificate& certificate = {});
  ~MessageServer();

  [[nodiscard]] std::uint16_t port() const;
  /// "ws://127.0.0.1:PORT/ws/{device.id}"
  [[nodiscard]] std::string url() const;
  void drop_connections();

  /// What is sent back for a message; empty: nothing.
  std::function<std::string(std::string_view message)> answer = [](std::string_view) {
    return std::string();
  };
  /// The target and the Authorization of the last handshake.
  std::string target;
  std::string authorization;
  std::size_t messages = 0;
  std::size_t binary = 0;  ///< of them
  std::size_t connections = 0;
  std::size_t pings = 0;
  std::size_t closes = 0;  ///< in order: with a Close frame of 1000

  class Session;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vfleet::test
