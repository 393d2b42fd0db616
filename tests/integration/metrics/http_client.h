#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

/// A client as simple as can be, so that tests say what is on the wire.
namespace vfleet::metrics_test {

/// A connection to 127.0.0.1. Reading waits 20 s at most.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience = {.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void send(const std::string& text) const { (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  /// Until `end` has come, or the other side closes.
  [[nodiscard]] std::string until(const std::string& end) const {
    std::string all;
    char byte = 0;
    while (!all.ends_with(end) && ::recv(fd_, &byte, 1, 0) == 1) all += byte;
    return all;
  }
  /// Until the other side closes.
  [[nodiscard]] std::string rest() const {
    std::string all;
    char part[4096];
    for (ssize_t got = 0; (got = ::recv(fd_, part, sizeof(part), 0)) > 0;)
      all.append(part, static_cast<std::size_t>(got));
    return all;
  }

 private:
  int fd_;
  bool connected_ = false;
};

/// The whole answer, head and body; empty when nobody is there.
[[nodiscard]] inline std::string get(std::uint16_t port, const std::string& path,
                                     const std::string& verb = "GET") {
  const Client client(port);
  if (!client.connected()) return {};
  client.send(verb + " " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  return client.rest();
}

[[nodiscard]] inline std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

}  // namespace vfleet::metrics_test
