#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "simulator/loop/asio_loop.h"
#include "tests/support/mqtt_server.h"

namespace vfleet::test {

/// An MqttServer on a real socket, on the loop of the test.
class MqttTcpServer {
 public:
  explicit MqttTcpServer(loop::AsioLoop& loop);
  ~MqttTcpServer();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::size_t accepted() const;
  /// Sends bytes to a client, as MqttServer::publish() makes them.
  void send(std::string_view client, std::string bytes);

  MqttServer server;

 private:
  class Session;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vfleet::test
