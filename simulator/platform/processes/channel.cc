#include "simulator/platform/processes/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
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

constexpr std::size_t kLengthBytes = sizeof(std::uint64_t);

void append_part(std::string& out, std::string_view part) {
  const std::uint64_t size = part.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += part;
}

std::uint64_t length_of(std::string_view bytes) {
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  return size;
}

// Takes a part from the front; false, and nothing is taken: it is not here to its end.
bool take_part(std::string_view& bytes, std::string_view& part) {
  if (bytes.size() < kLengthBytes) return false;
  const std::uint64_t size = length_of(bytes);
  if (bytes.size() - kLengthBytes < size) return false;
  part = bytes.substr(kLengthBytes, static_cast<std::size_t>(size));
  bytes.remove_prefix(kLengthBytes + part.size());
  return true;
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
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

Status Channel::send_message(std::string_view message, const Clock& clock, TimePoint deadline) {
  std::string bytes;
  append_part(bytes, message);
  return send_all(bytes, clock, deadline);
}

// What came of a message before the deadline stays for the next call.
Result<std::string> Channel::receive_message(const Clock& clock, TimePoint deadline) {
  for (;;) {
    std::string_view rest = in_;
    std::string_view message;
    if (!take_part(rest, message)) {
      if (rest.size() >= kLengthBytes && length_of(rest) > kPartMax)
        return fail(Errc::too_large, "a process of the platform talks nonsense");
    } else {
      std::string out(message);
      in_.erase(0, in_.size() - rest.size());
      return out;
    }
    std::array<char, 16U * 1024> bytes;
    const ssize_t got = ::recv(questions_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) {
      in_.append(bytes.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      return gone();
    } else if (Status ready = wait_for(questions_.get(), POLLIN, clock, deadline); !ready) {
      return tl::unexpected(ready.error());
    }
  }
}

Status Channel::send(const Question& question, const Clock& clock, TimePoint deadline) {
  std::string message;
  append_part(message, std::to_string(++number_));
  append_part(message, question.method);
  append_part(message, question.target);
  append_part(message, question.body);
  return send_message(message, clock, deadline);
}

Result<Channel::Question> Channel::receive_question(const Clock& clock, TimePoint deadline) {
  const auto message = receive_message(clock, deadline);
  if (!message) return tl::unexpected(message.error());
  std::string_view rest = *message;
  std::string_view parts[4];
  for (std::string_view& part : parts) {
    if (!take_part(rest, part)) return fail(Errc::malformed, "a process of the platform talks nonsense");
  }
  number_ = number_in(parts[0]);
  return Question{std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
}

Status Channel::send(const ApiAnswer& answer, const Clock& clock, TimePoint deadline) {
  std::string message;
  append_part(message, std::to_string(number_));
  append_part(message, std::to_string(answer.status));
  append_part(message, answer.body);
  return send_message(message, clock, deadline);
}

Result<ApiAnswer> Channel::receive_answer(const Clock& clock, TimePoint deadline) {
  for (;;) {
    const auto message = receive_message(clock, deadline);
    if (!message) return tl::unexpected(message.error());
    std::string_view rest = *message;
    std::string_view parts[3];
    for (std::string_view& part : parts) {
      if (!take_part(rest, part)) return fail(Errc::malformed, "a process of the platform talks nonsense");
    }
    // The answer to a question that nobody waits for any more.
    if (number_in(parts[0]) != number_) continue;
    return ApiAnswer{static_cast<std::uint32_t>(number_in(parts[1])), std::string(parts[2])};
  }
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
  if (got <= 0) return gone();
  // No descriptor is left for it: it is closed, as others past a limit.
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS) return out;
  int socket = -1;
  std::memcpy(&socket, CMSG_DATA(rights), sizeof socket);
  out.socket.reset(socket);
  out.bytes.resize(static_cast<std::size_t>(got));
  return out;
}

}  // namespace vfleet::platform
