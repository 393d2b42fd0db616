#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/floor/message.h"

namespace vfleet::floor {

struct Counts {
  std::uint64_t connections = 0;  ///< ever accepted
  std::uint64_t received = 0;     ///< reports
  std::uint64_t bytes = 0;        ///< of everything
};

/// The least that a platform can be: takes MQTT (3.1.1 and 5; QoS 0 and 1), HTTP/1.1 requests with a
/// Content-Length, and the CALLs of OCPP-J over WebSocket on the same port, acknowledges, and counts. A
/// connection whose bytes it does not understand is closed. Anything else that goes wrong throws
/// std::runtime_error.
class Sink {
 public:
  /// A socket that listens on 127.0.0.1, shared with other processes. Port 0: any free one, written to
  /// `port`.
  [[nodiscard]] static int listen(std::uint16_t& port);

  /// `counts` outlives it and may be read by another process.
  Sink(int listener, Counts& counts);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  [[noreturn]] void run();

 private:
  struct Connection {
    bool open = false;
    bool known = false;  ///< the first byte has told the protocol
    Protocol protocol = Protocol::http;
    bool v5 = false;
    std::string rest;  ///< the beginning of something
  };

  void accept_all();
  void read(int fd);
  void close(int fd);
  /// Bytes of whole messages at the front of `in`; -1: not understood. Answers go to `answers_`.
  [[nodiscard]] std::int64_t take(Connection& connection, std::string_view in);
  [[nodiscard]] std::int64_t take_mqtt(Connection& connection, std::string_view in);
  /// Also the request that turns the connection into one of WebSocket.
  [[nodiscard]] std::int64_t take_http(Connection& connection, std::string_view in);
  [[nodiscard]] std::int64_t take_frame(std::string_view in);

  int listener_;
  int epoll_;
  Counts& counts_;
  std::vector<Connection> connections_;  // by descriptor
  std::vector<char> buffer_;
  std::string answers_;
};

}  // namespace vfleet::floor
