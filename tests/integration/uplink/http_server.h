#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/core/time.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::test {

struct HttpRequest {
  std::string_view head;  ///< up to the empty line
  std::string_view body;
  std::size_t connection;  ///< from 1
  std::size_t number;      ///< on this connection, from 1
};

/// What a server does with a request; as it stands, it accepts.
struct HttpReply {
  std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";  ///< empty: no answer
  bool close = false;                                                  ///< afterwards
  Duration delay{0};
};

/// An HTTP server on a loopback port that answers as it is told, well or badly, on the test's own loop.
class HttpServer {
 public:
  /// Port 0: any free one.
  explicit HttpServer(loop::AsioLoop& loop, std::uint16_t port = 0, std::string_view address = "127.0.0.1");
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url(std::string_view path = "/ingest") const;
  /// Closes every connection; goes on listening.
  void drop_connections();
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::size_t connections() const;  ///< ever accepted
  [[nodiscard]] std::size_t requests() const;

  std::function<HttpReply(const HttpRequest&)> answer = [](const HttpRequest&) { return HttpReply{}; };
  std::function<void(std::size_t connection)> connected = [](std::size_t) {};
  bool close_on_accept = false;
  bool read = true;  ///< off: new connections are accepted and never read

 private:
  class Session;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vfleet::test
