#include "simulator/net/socket.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>

#include "simulator/net/asio_endpoint.h"

namespace vfleet::net {
namespace {

using boost::asio::ip::tcp;

// An address and a port look alike to TCP and UDP.
tcp::endpoint address_of_socket(const Endpoint& endpoint) {
  return to_asio<tcp>(endpoint);
}

}  // namespace

StreamError Socket::open(const Endpoint& to, int type) {
  while (true) {
    close();
    fd_ = ::socket(to.v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return stream_error(errno);
    if (!has_sources()) return StreamError::none;
    if (!sources_->has_family(to.v6)) return StreamError::source_address;
    const auto next = sources_->next(to.v6, loop_.now());
    if (!next) return StreamError::no_ports;
    source_ = static_cast<std::uint16_t>(*next);
    const StreamError bound = bind(sources_->at(source_));
    if (bound != StreamError::no_ports || !leave_source()) return bound;
  }
}

/// The port is chosen by connecting: so one of TCP serves many destinations.
StreamError Socket::bind(const Endpoint& source) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const auto address = address_of_socket(source);
  if (::bind(fd_, address.data(), static_cast<socklen_t>(address.size())) == 0) return StreamError::none;
  return errno == EADDRNOTAVAIL ? StreamError::source_address : stream_error(errno);
}

bool Socket::leave_source() {
  if (!has_sources()) return false;
  sources_->full(source_, loop_.now());
  return true;
}

int Socket::connect_to(const Endpoint& to) {
  const auto address = address_of_socket(to);
  if (::connect(fd_, address.data(), static_cast<socklen_t>(address.size())) == 0) return 0;
  return errno == EINPROGRESS ? 0 : errno;
}

StreamError Socket::watch() {
  if (const int error = readiness_.add(fd_, *this, place_); error != 0) return stream_error(error);
  watched_ = true;
  return StreamError::none;
}

void Socket::close() {
  if (watched_) readiness_.remove(place_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  watched_ = may_read_ = may_write_ = ended_ = reading_ = writing_ = asked_ = false;
}

// Readiness.

void Socket::wait_for_read() {
  reading_ = true;
  if (may_read_) ask_for_turn();
}

void Socket::wait_for_write() {
  writing_ = true;
  if (may_write_) ask_for_turn();
}

void Socket::ask_for_turn() {
  if (asked_ || !watched_) return;
  asked_ = true;
  readiness_.soon(place_);
}

void Socket::happened(std::uint32_t events) {
  constexpr std::uint32_t kBroken = EPOLLHUP | EPOLLERR;
  constexpr std::uint32_t kEnded = EPOLLRDHUP | kBroken;
  if (events == 0) asked_ = false;
  if ((events & (EPOLLIN | kEnded)) != 0) may_read_ = true;
  if ((events & (EPOLLOUT | kBroken)) != 0) may_write_ = true;
  if ((events & kEnded) != 0) ended_ = true;
  const bool read = reading_ && may_read_;
  const bool write = writing_ && may_write_;
  if (read && write) ask_for_turn();  // one is told now: it may be our end
  if (read) {
    reading_ = false;
    readable();
  } else if (write) {
    writing_ = false;
    writable();
  }
}

// Bytes.

Socket::Outcome Socket::send_bytes(std::string_view bytes) {
  ssize_t sent = 0;
  do {
    sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  const int error = sent < 0 ? errno : 0;
  const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  // A part: there is no room for the rest. An edge says when there is.
  if (error == EAGAIN || (error == 0 && done < bytes.size())) may_write_ = false;
  return {done, error};
}

Socket::Outcome Socket::receive_bytes(std::span<char> into, bool to_the_end) {
  ssize_t received = 0;
  do {
    received = ::recv(fd_, into.data(), into.size(), 0);
  } while (received < 0 && errno == EINTR);
  const int error = received < 0 ? errno : 0;
  const std::size_t done = received < 0 ? 0 : static_cast<std::size_t>(received);
  // What comes from now on is an edge; an end that was told is none.
  if (error == EAGAIN || (error == 0 && to_the_end && !ended_ && done < into.size())) may_read_ = false;
  return {done, error};
}

}  // namespace vfleet::net
