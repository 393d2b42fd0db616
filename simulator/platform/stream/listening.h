#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/core/result.h"

namespace vfleet::platform::stream {

/// A descriptor that closes with its owner.
class Fd {
 public:
  explicit Fd(int number = -1) : number_(number) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
  void reset(int number = -1);

 private:
  int number_;
};

struct HostPort {
  std::string host;  ///< an IP address without brackets
  std::uint16_t port = 0;
};

/// "127.0.0.1:80", "[::1]:80", "localhost:80"; nothing when it is not of that form.
[[nodiscard]] std::optional<HostPort> split_host_port(std::string_view text);
/// "HOST:PORT", with brackets around an IPv6 address.
[[nodiscard]] std::string to_string(const HostPort& address);

enum class SocketKind : std::uint8_t { stream, datagram };

/// Sockets on one port. The kernel spreads clients over them by their address and port: all datagrams of one
/// client socket, and one connection, come to the same.
struct Listening {
  std::vector<Fd> sockets;  ///< non-blocking; stream sockets listen
  std::uint16_t port = 0;
};

/// Opens `count` sockets on host:port (port 0: any free one). With more than one they share the port
/// (SO_REUSEPORT), and a port that another program shares is still taken. Errors: unavailable,
/// invalid_argument.
[[nodiscard]] Result<Listening> open_listening(const HostPort& at, std::size_t count, SocketKind kind);

}  // namespace vfleet::platform::stream
