#include "tests/bench/floor/sink.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "simulator/codec/websocket/handshake.h"

namespace vfleet::floor {
namespace {

constexpr std::size_t kLargest = 512 * 1024;  // of one message
constexpr std::size_t kRead = 64 * 1024;

[[noreturn]] void give_up(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::uint8_t byte_at(std::string_view in, std::size_t at) {
  return static_cast<std::uint8_t>(in[at]);
}

}  // namespace

int Sink::listen(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("bind");
  if (::listen(fd, 4096) != 0) give_up("listen");
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

Sink::Sink(int listener, Counts& counts)
    : listener_(listener),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      counts_(counts),
      buffer_(kLargest + kRead) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener_;
  if (epoll_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) give_up("epoll");
}

Sink::~Sink() {
  for (std::size_t fd = 0; fd < connections_.size(); ++fd) {
    if (connections_[fd].open) ::close(static_cast<int>(fd));
  }
  ::close(epoll_);
}

void Sink::run() {
  std::array<epoll_event, 512> events;
  while (true) {
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (n < 0 && errno != EINTR) give_up("epoll_wait");
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener_) {
        accept_all();
      } else {
        read(fd);
      }
    }
  }
}

void Sink::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)) return;
    if (fd < 0) give_up("accept");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connections_.size() <= static_cast<std::size_t>(fd))
      connections_.resize(static_cast<std::size_t>(fd) + 1);
    connections_[static_cast<std::size_t>(fd)] = {.open = true, .rest = {}};
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl");
    ++counts_.connections;
  }
}

void Sink::close(int fd) {
  connections_[static_cast<std::size_t>(fd)] = {};
  ::close(fd);
}

void Sink::read(int fd) {
  Connection& connection = connections_[static_cast<std::size_t>(fd)];
  const std::size_t kept = connection.rest.size();
  if (kept > kLargest) return close(fd);
  std::memcpy(buffer_.data(), connection.rest.data(), kept);
  const ssize_t n = ::recv(fd, buffer_.data() + kept, kRead, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return close(fd);
  counts_.bytes += static_cast<std::uint64_t>(n);
  const std::string_view in(buffer_.data(), kept + static_cast<std::size_t>(n));
  answers_.clear();
  const std::int64_t used = take(connection, in);
  if (used < 0) return close(fd);
  connection.rest.assign(in.substr(static_cast<std::size_t>(used)));
  // What does not fit the socket of a peer that reads nothing is its own loss.
  if (!answers_.empty() && ::send(fd, answers_.data(), answers_.size(), MSG_NOSIGNAL) < 0 &&
      errno != EAGAIN) {
    close(fd);
  }
}

std::int64_t Sink::take(Connection& connection, std::string_view in) {
  if (!connection.known) {
    connection.known = true;
    if (in[0] == '\x10') connection.protocol = Protocol::mqtt;  // CONNECT; a method begins with a letter
  }
  std::size_t used = 0;
  while (used < in.size()) {
    const std::string_view left = in.substr(used);
    const std::int64_t taken = connection.protocol == Protocol::mqtt   ? take_mqtt(connection, left)
                               : connection.protocol == Protocol::http ? take_http(connection, left)
                                                                       : take_frame(left);
    if (taken < 0) return -1;
    if (taken == 0) break;
    used += static_cast<std::size_t>(taken);
  }
  return static_cast<std::int64_t>(used);
}

std::int64_t Sink::take_mqtt(Connection& connection, std::string_view in) {
  std::size_t length = 0;
  std::size_t at = 1;
  for (int shift = 0;; shift += 7) {
    if (shift > 21) return -1;
    if (at >= in.size()) return 0;
    const std::uint8_t byte = byte_at(in, at++);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  if (length > kLargest) return -1;
  if (in.size() < at + length) return 0;
  const std::string_view packet = in.substr(at, length);
  const auto echo_number = [&](char type, std::size_t number_at, std::string_view more) {
    answers_ += type;
    answers_ += static_cast<char>(2 + more.size());
    answers_ += packet.substr(number_at, 2);
    answers_ += more;
  };
  switch (byte_at(in, 0) >> 4) {
    case 1:  // CONNECT: "MQTT", level
      if (length < 7) return -1;
      connection.v5 = packet[6] == 5;
      answers_ += connection.v5 ? std::string_view("\x20\x03\0\0\0", 5) : std::string_view("\x20\x02\0\0", 4);
      break;
    case 3: {  // PUBLISH
      ++counts_.received;
      const int qos = (byte_at(in, 0) >> 1) & 3;
      if (qos > 1) return -1;
      if (qos == 0) break;
      if (length < 2) return -1;
      const std::size_t number_at = 2U + byte_at(packet, 0) * 256U + byte_at(packet, 1);
      if (length < number_at + 2) return -1;
      echo_number('\x40', number_at, {});
      break;
    }
    case 8:  // SUBSCRIBE with one filter
      if (length < 2) return -1;
      echo_number('\x90', 0, connection.v5 ? std::string_view("\0\0", 2) : std::string_view("\0", 1));
      break;
    case 12:
      answers_ += std::string_view("\xd0\0", 2);
      break;
    default:
      return -1;  // DISCONNECT, and what no client sends here
  }
  return static_cast<std::int64_t>(at + length);
}

std::int64_t Sink::take_http(Connection& connection, std::string_view in) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t body = 0;
  constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
  if (const std::size_t key = in.substr(0, head).find(kKey); key != std::string_view::npos) {
    const std::size_t from = key + kKey.size();
    connection.protocol = Protocol::calls;
    answers_ +=
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: ";
    answers_ += codec::websocket::accept_for(in.substr(from, in.find("\r\n", from) - from));
    answers_ += "\r\n\r\n";
    return static_cast<std::int64_t>(head + 4);
  }
  constexpr std::string_view kLength = "content-length:";
  for (std::size_t line = in.find("\r\n"); line < head; line = in.find("\r\n", line + 2)) {
    const std::string_view text = in.substr(line + 2, head - line - 2);
    if (text.size() < kLength.size() || ::strncasecmp(text.data(), kLength.data(), kLength.size()) != 0)
      continue;
    for (std::size_t i = kLength.size(); i < text.size() && text[i] != '\r'; ++i) {
      if (text[i] >= '0' && text[i] <= '9') body = body * 10 + static_cast<std::size_t>(text[i] - '0');
      if (body > kLargest) return -1;
    }
  }
  if (in.size() < head + 4 + body) return 0;
  ++counts_.received;
  answers_ += "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  return static_cast<std::int64_t>(head + 4 + body);
}

// A whole text frame of up to 65,535 bytes with a CALL in it, [2,"id",...; answered [3,"id",{}].
std::int64_t Sink::take_frame(std::string_view in) {
  if (in.size() < 2) return 0;
  if (byte_at(in, 0) != 0x81 || (byte_at(in, 1) & 0x80) == 0) return -1;
  std::size_t length = byte_at(in, 1) & 0x7f;
  std::size_t at = 2;
  if (length == 127) return -1;
  if (length == 126) {
    if (in.size() < 4) return 0;
    length = byte_at(in, 2) * 256U + byte_at(in, 3);
    at = 4;
  }
  if (in.size() < at + 4 + length) return 0;
  const std::string_view mask = in.substr(at, 4);
  const std::string_view text = in.substr(at + 4, length);
  const auto plain = [&](std::size_t i) { return static_cast<char>(text[i] ^ mask[i % 4]); };
  constexpr std::size_t kIdAt = 4;
  constexpr std::size_t kLongestId = 36;
  std::size_t end = kIdAt;
  while (end < length && end <= kIdAt + kLongestId && plain(end) != '"') ++end;
  if (length < kIdAt || plain(1) != '2' || end == length || end > kIdAt + kLongestId) return -1;
  ++counts_.received;
  answers_ += '\x81';
  answers_ += static_cast<char>(kIdAt + (end - kIdAt) + 5);
  answers_ += "[3,\"";
  for (std::size_t i = kIdAt; i < end; ++i) answers_ += plain(i);
  answers_ += "\",{}]";
  return static_cast<std::int64_t>(at + 4 + length);
}

}  // namespace vfleet::floor
