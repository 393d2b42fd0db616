#include "simulator/platform/processes/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace vfleet::platform {
namespace {

using stream::Fd;

// Between processes of one program on one machine; still no reason to believe any length.
constexpr std::uint64_t kPartMax = 256U * 1024 * 1024;

Status wait_for(int socket, short events, const Clock& clock, TimePoint deadline) {
  for (;;) {
    const Duration left = deadline - clock.now();
    if (left <= Duration::zero()) return fail(Errc::timed_out, "a process of the platform does not answer");
    pollfd item{socket, events, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    if (::poll(&item, 1, static_cast<int>(ms)) > 0) return {};
  }
}

tl::unexpected<Error> gone() {
  return fail(Errc::link_down, "a process of the platform has ended");
}

void append_part(std::string& out, std::string_view part) {
  const std::uint64_t size = part.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += part;
}

}  // namespace

Result<Channel::Ends> Channel::open() {
  int questions[2];
  int connections[2];
  const auto failed = [] {
    return fail(Errc::unavailable, std::string("cannot open a socket pair: ") + std::strerror(errno));
  };
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, questions) != 0) return failed();
  Fd question_ends[2] = {Fd(questions[0]), Fd(questions[1])};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, connections) != 0)
    return failed();
  Fd connection_ends[2] = {Fd(connections[0]), Fd(connections[1])};
  const int room = 2 * static_cast<int>(kBytesMax) + 64 * 1024;
  ::setsockopt(connections[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  return Ends{Channel(std::move(question_ends[0]), std::move(connection_ends[0])),
              Channel(std::move(question_ends[1]), std::move(connection_ends[1]))};
}

Status Channel::send_all(std::string_view bytes, const Clock& clock, TimePoint deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(questions_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (Status ready = wait_for(questions_.get(), POLLOUT, clock, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return gone();
    }
  }
  return {};
}

Result<std::string> Channel::receive_part(const Clock& clock, TimePoint deadline) {
  std::uint64_t size = 0;
  std::string part(sizeof size, '\0');
  for (bool head = true;; head = false) {
    for (std::size_t at = 0; at < part.size();) {
      const ssize_t got = ::recv(questions_.get(), part.data() + at, part.size() - at, 0);
      if (got > 0) {
        at += static_cast<std::size_t>(got);
      } else if (got == 0) {
        return gone();
      } else if (errno == EAGAIN) {
        if (Status ready = wait_for(questions_.get(), POLLIN, clock, deadline); !ready)
          return tl::unexpected(ready.error());
      } else if (errno != EINTR) {
        return gone();
      }
    }
    if (!head) return part;
    std::memcpy(&size, part.data(), sizeof size);
    if (size > kPartMax) return fail(Errc::too_large, "a process of the platform talks nonsense");
    part.resize(static_cast<std::size_t>(size));
  }
}

Status Channel::send(const Question& question, const Clock& clock, TimePoint deadline) {
  std::string bytes;
  append_part(bytes, question.method);
  append_part(bytes, question.target);
  append_part(bytes, question.body);
  return send_all(bytes, clock, deadline);
}

Result<Channel::Question> Channel::receive_question(const Clock& clock, TimePoint deadline) {
  Question out;
  for (std::string* part : {&out.method, &out.target, &out.body}) {
    auto got = receive_part(clock, deadline);
    if (!got) return tl::unexpected(got.error());
    *part = std::move(*got);
  }
  return out;
}

Status Channel::send(const ApiAnswer& answer, const Clock& clock, TimePoint deadline) {
  std::string bytes;
  append_part(bytes, std::to_string(answer.status));
  append_part(bytes, answer.body);
  return send_all(bytes, clock, deadline);
}

Result<ApiAnswer> Channel::receive_answer(const Clock& clock, TimePoint deadline) {
  auto status = receive_part(clock, deadline);
  if (!status) return tl::unexpected(status.error());
  auto body = receive_part(clock, deadline);
  if (!body) return tl::unexpected(body.error());
  return ApiAnswer{static_cast<std::uint32_t>(std::strtoul(status->c_str(), nullptr, 10)), std::move(*body)};
}

bool Channel::hand_over(int socket, std::string_view bytes) {
  if (bytes.size() > kBytesMax) return false;
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  char none = 0;
  if (bytes.empty()) part = {&none, 0};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &socket, sizeof socket);
  return ::sendmsg(connections_.get(), &message, MSG_NOSIGNAL) >= 0;
}

Result<Channel::Adopted> Channel::adopt() {
  Adopted out;
  out.bytes.resize(kBytesMax);
  iovec part{out.bytes.data(), out.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(connections_.get(), &message, MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return fail(Errc::rejected);
  const cmsghdr* rights = CMSG_FIRSTHDR(&message);
  if (got < 0 || rights == nullptr || rights->cmsg_type != SCM_RIGHTS) return gone();
  int socket = -1;
  std::memcpy(&socket, CMSG_DATA(rights), sizeof socket);
  out.socket.reset(socket);
  out.bytes.resize(static_cast<std::size_t>(got));
  return out;
}

}  // namespace vfleet::platform
