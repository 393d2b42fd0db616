#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/platform/http/request_head.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform::http {

/// A whole request; views are valid during the call.
struct Request {
  RequestHead head;
  std::string_view body;
};

/// What becomes of a connection after a request was handled.
struct Next {
  enum class Then : std::uint8_t {
    keep,   ///< go on when the client wanted that
    close,  ///< in order, once all is written
    cut,    ///< without a word, once what the handler wrote is written
  };
  Then then = Then::keep;
  Duration delay{};  ///< before the bytes go out; requests behind it wait
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// Appends the response's bytes to `out`. Called on the loop thread; must not call the server.
  virtual Next handle(const Request& request, std::string& out) = 0;
};

struct ServerLimits {
  std::size_t head_bytes_max = 16U * 1024;
  std::size_t body_bytes_max = 4U * 1024 * 1024;
  std::size_t connections_max =
      100'000;  ///< and never more than the descriptor limit leaves; others are closed
  std::size_t partial_bytes_max = 256U * 1024 * 1024;  ///< unfinished requests of all connections together
  std::size_t output_bytes_max = 256U * 1024;          ///< answers of a connection before it must read
  Duration idle_timeout = std::chrono::minutes(15);    ///< between requests
  Duration request_timeout =
      std::chrono::seconds(30);  ///< from a request's first byte to its last, and for writing
};

struct ServerCounts {
  std::uint64_t open = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< connections past the limit
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;  ///< no HTTP, too large, or of unknown length
  std::uint64_t timed_out = 0;     ///< connections: idle too long or too slow
};

/// An HTTP/1.1 server on one loop for very many connections with small requests. A connection holds no buffer
/// while it waits; all share one for reading. A turn takes at most one read (64 KiB) from a connection.
class Server {
 public:
  /// `loop` and `handler` outlive it.
  Server(loop::AsioLoop& loop, RequestHandler& handler, ServerLimits limits = {});
  ~Server();

  /// Listens on host:port (port 0: any free one) and returns the port. Errors: unavailable, invalid_argument.
  [[nodiscard]] Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  /// Takes no new connections, writes what is to be written (at most a second), closes all, calls `done`.
  void stop(std::function<void()> done);

  [[nodiscard]] const ServerCounts& counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::platform::http
