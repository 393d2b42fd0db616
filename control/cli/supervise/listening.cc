#include "control/cli/supervise/listening.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace vfleet::cli {
namespace {

constexpr int kWaitMs = 200;

bool connects(int fd, const addrinfo& at) {
  if (::connect(fd, at.ai_addr, at.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd item{fd, POLLOUT, 0};
  if (::poll(&item, 1, kWaitMs) != 1) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

bool takes_connections(const std::string& host, std::uint16_t port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return false;
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool good = fd >= 0 && connects(fd, *found);
  if (fd >= 0) ::close(fd);
  ::freeaddrinfo(found);
  return good;
}

}  // namespace vfleet::cli
