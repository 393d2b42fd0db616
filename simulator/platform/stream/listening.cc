#include "simulator/platform/stream/listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace vfleet::platform::stream {
namespace {

constexpr int kBacklog = 4096;
constexpr int kDatagramBufferBytes = 8 * 1024 * 1024;  // asked for; the kernel gives what it allows

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

std::optional<Address> address_of(const HostPort& at) {
  Address out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.bytes);
  if (::inet_pton(AF_INET, at.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(at.port);
    out.size = sizeof(sockaddr_in);
    return out;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.bytes);
  if (::inet_pton(AF_INET6, at.host.c_str(), &v6->sin6_addr) != 1) return std::nullopt;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(at.port);
  out.size = sizeof(sockaddr_in6);
  return out;
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage bytes{};
  socklen_t size = sizeof bytes;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bytes), &size) != 0) return 0;
  return ntohs(bytes.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bytes)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bytes)->sin_port);
}

// A bound socket; nothing, with errno, when that fails.
Fd open_bound(const Address& address, SocketKind kind, bool shared) {
  const int type = kind == SocketKind::stream ? SOCK_STREAM : SOCK_DGRAM;
  Fd socket(::socket(address.bytes.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return socket;
  const int yes = 1;
  if (kind == SocketKind::stream) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (shared) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0) {
    const int error = errno;
    socket.reset();
    errno = error;
  }
  return socket;
}

}  // namespace

void Fd::reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

std::optional<HostPort> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HostPort result;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  result.host = host == "localhost" ? "127.0.0.1" : host;
  return result;
}

std::string to_string(const HostPort& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]:" : address.host + ":") + std::to_string(address.port);
}

Result<Listening> open_listening(const HostPort& at, std::size_t count, SocketKind kind) {
  auto address = address_of(at);
  if (!address) return fail(Errc::invalid_argument, "\"" + at.host + "\" is no IP address to listen on");
  const auto failed = [&at] {
    return fail(Errc::unavailable, "cannot listen on " + to_string(at) + ": " + std::strerror(errno));
  };
  // Alone at first: otherwise a port that another program of this user shares would be joined silently.
  Fd first = open_bound(*address, kind, false);
  if (!first) return failed();
  Listening out;
  out.port = bound_port(first.get());
  if (count == 1) {
    out.sockets.push_back(std::move(first));
  } else {
    first.reset();
    auto& port = address->bytes.ss_family == AF_INET6
                     ? reinterpret_cast<sockaddr_in6*>(&address->bytes)->sin6_port
                     : reinterpret_cast<sockaddr_in*>(&address->bytes)->sin_port;
    port = htons(out.port);
    for (std::size_t i = 0; i < count; ++i) {
      out.sockets.push_back(open_bound(*address, kind, true));
      if (!out.sockets.back()) return failed();
    }
  }
  for (const Fd& socket : out.sockets) {
    if (kind == SocketKind::stream && ::listen(socket.get(), kBacklog) != 0) return failed();
    if (kind == SocketKind::datagram) {
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kDatagramBufferBytes, sizeof kDatagramBufferBytes);
    }
  }
  return out;
}

}  // namespace vfleet::platform::stream
