#include "control/cli/supervise/platform_figures.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "simulator/codec/http/url.h"
#include "simulator/core/nesting.h"

namespace vfleet::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{4} << 20U;
constexpr codec::http::Scheme kHttp[] = {{"http", 80, false}};

class Socket {
 public:
  explicit Socket(const addrinfo& at)
      : fd_(::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> no_answer(int error) {
  return fail(Errc::unavailable, std::strerror(error));
}

// Waits until the socket is ready for `events`.
Status wait_for(int fd, short events, const Clock& clock, TimePoint deadline) {
  for (;;) {
    const Duration left = deadline - clock.now();
    if (left <= Duration::zero()) return fail(Errc::timed_out, "no answer in time");
    pollfd item{fd, events, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    const int ready = ::poll(&item, 1, static_cast<int>(ms));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return no_answer(errno);
  }
}

Result<std::string> exchange(const addrinfo& at, std::string_view request, const Clock& clock,
                             TimePoint deadline) {
  const Socket socket(at);
  if (socket.fd() < 0) return no_answer(errno);
  if (::connect(socket.fd(), at.ai_addr, at.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return no_answer(errno);
    if (auto ready = wait_for(socket.fd(), POLLOUT, clock, deadline); !ready) {
      return tl::unexpected(ready.error());
    }
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return no_answer(error);
  }
  while (!request.empty()) {
    const ssize_t sent = ::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent > 0) request.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return no_answer(errno);
    if (request.empty()) break;
    if (auto ready = wait_for(socket.fd(), POLLOUT, clock, deadline); !ready) {
      return tl::unexpected(ready.error());
    }
  }
  std::string answer;
  std::array<char, 65536> buffer;
  for (;;) {
    if (auto ready = wait_for(socket.fd(), POLLIN, clock, deadline); !ready) {
      return tl::unexpected(ready.error());
    }
    const ssize_t got = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (got == 0) return answer;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return no_answer(errno);
    if (got > 0) answer.append(buffer.data(), static_cast<std::size_t>(got));
    if (answer.size() > kAnswerBytesMax) return fail(Errc::malformed, "the answer is too long");
  }
}

}  // namespace

Result<std::string> body_of_answer(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12 || end == std::string_view::npos) {
    return fail(Errc::malformed, "the answer is not HTTP");
  }
  if (const std::string_view status = answer.substr(9, 3); status != "200") {
    return fail(Errc::rejected, fmt::format("HTTP status {}", status));
  }
  return std::string(answer.substr(end + 4));
}

Result<nlohmann::json> get_figures(const Clock& clock, const std::string& url, Duration limit) {
  const TimePoint deadline = clock.now() + limit;
  const auto target = codec::http::parse_url(url, kHttp);
  if (!target) return tl::unexpected(target.error());
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(target->host.c_str(), std::to_string(target->port).c_str(), &hints, &found);
      error != 0) {
    return fail(Errc::unavailable, ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
                  target->target, target->authority);
  Result<std::string> answer = fail(Errc::unavailable, "no address");
  for (const addrinfo* at = found; at != nullptr && !answer; at = at->ai_next) {
    answer = exchange(*at, request, clock, deadline);
  }
  if (!answer) return tl::unexpected(answer.error());
  const auto body = body_of_answer(*answer);
  if (!body) return tl::unexpected(body.error());
  if (!nests_at_most(*body)) return fail(Errc::malformed, "the answer nests too deep");
  auto tree = nlohmann::json::parse(*body, nullptr, false);
  if (!tree.is_object()) return fail(Errc::malformed, "the answer is not a JSON object");
  return tree;
}

}  // namespace vfleet::cli
