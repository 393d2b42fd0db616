#include "tests/support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

namespace vfleet::test {
namespace {

// /proc/sys/net/ipv4/ip_local_port_range begins at 32768 unless somebody changed it.
constexpr std::uint16_t kFirst = 20'000;
constexpr std::uint16_t kLast = 32'000;
constexpr int kTries = 1000;

bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

}  // namespace

std::uint16_t free_port() {
  // Tests that run at the same time do not try the same ones.
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> any(kFirst, kLast);
  for (int i = 0; i < kTries; ++i) {
    const auto port = static_cast<std::uint16_t>(any(random));
    if (is_free(port)) return port;
  }
  throw std::runtime_error("no TCP port of 127.0.0.1 is free");
}

}  // namespace vfleet::test
