#include "tests/bench/floor/sender.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "simulator/metrics/process.h"

namespace vfleet::floor {
namespace {

constexpr std::uint32_t kAttempts = 100;  // connections under way at once
constexpr std::size_t kEvents = 512;
constexpr std::uint32_t kWritesBetweenLooks = 256;

[[noreturn]] void give_up(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

// A CALLRESULT in a short frame; 0 when its end has not come.
std::size_t result_bytes(std::string_view in) {
  if (in.size() < 2 || in.size() < 2U + static_cast<std::uint8_t>(in[1])) return 0;
  if (in[0] != '\x81' || in.substr(2, 2) != "[3") throw std::runtime_error("answered with no CALLRESULT");
  return 2U + static_cast<std::uint8_t>(in[1]);
}

// 0 when an answer's end has not come; its status must be 2xx.
std::size_t answer_bytes(std::string_view in) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  if (in.size() < 12 || in[9] != '2') throw std::runtime_error("answered: " + std::string(in.substr(0, 12)));
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t at = in.find(kLength);
  std::size_t body = 0;
  for (std::size_t i = at == std::string_view::npos ? head : at + kLength.size(); i < head; ++i) {
    body = body * 10 + static_cast<std::size_t>(in[i] - '0');
    if (in[i + 1] == '\r') break;
  }
  return in.size() >= head + 4 + body ? head + 4 + body : 0;
}

}  // namespace

Sender::Sender(const Clock& clock, const Work& work)
    : clock_(clock),
      work_(work),
      message_(work.protocol, work.body_bytes, work.port),
      period_us_(work.rate == 0 ? 0 : static_cast<std::int64_t>(1e6 / work.rate)) {
  connections_.resize(work.connections);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) give_up("epoll_create1");
}

Sender::~Sender() {
  for (const Connection& each : connections_) {
    if (each.fd >= 0) ::close(each.fd);
  }
  ::close(epoll_);
}

std::int64_t Sender::now_us() const {
  return to_us(clock_.now() - start_);
}

void Sender::watch(std::uint32_t index, std::uint32_t events, bool known) {
  epoll_event event{};
  event.events = events;
  event.data.u32 = index;
  if (::epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connections_[index].fd, &event) != 0) {
    give_up("epoll_ctl");
  }
}

void Sender::start(std::uint32_t index) {
  Connection& c = connections_[index];
  c.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c.fd < 0) give_up("socket");
  const int on = 1;
  ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + work_.source);
  ::setsockopt(c.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (::bind(c.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("bind");
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(work_.port);
  const int done = ::connect(c.fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (done != 0 && errno != EINPROGRESS) give_up("connect");
  watch(index, EPOLLOUT, false);
  ++under_way_;
}

void Sender::connect_all() {
  while (up_ < work_.connections) {
    while (next_ < work_.connections && under_way_ < kAttempts) start(next_++);
    wait(1000);
  }
}

void Sender::wait(int timeout_ms) {
  std::array<epoll_event, kEvents> events;
  const int n = ::epoll_wait(epoll_, events.data(), kEvents, timeout_ms);
  if (n < 0 && errno != EINTR) give_up("epoll_wait");
  for (int i = 0; i < n; ++i) {
    happened(events[static_cast<std::size_t>(i)].data.u32, events[static_cast<std::size_t>(i)].events);
  }
}

void Sender::happened(std::uint32_t index, std::uint32_t events) {
  Connection& c = connections_[index];
  if (c.state == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      errno = error;
      give_up("connect");
    }
    watch(index, EPOLLIN, true);
    if (work_.protocol == Protocol::http) return ready(index);
    const std::string hello = work_.protocol == Protocol::mqtt
                                  ? mqtt_connect(work_.first_device + index)
                                  : websocket_upgrade(work_.first_device + index, work_.port);
    if (::send(c.fd, hello.data(), hello.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(hello.size())) {
      give_up("send");
    }
    c.state = State::greeting;
    return;
  }
  if ((events & EPOLLOUT) != 0 && c.state == State::writing) write_rest(index);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(index);
}

void Sender::ready(std::uint32_t index) {
  connections_[index].state = State::idle;
  ++up_;
  --under_way_;
}

void Sender::read(std::uint32_t index) {
  static std::array<char, 16 * 1024> buffer;
  Connection& c = connections_[index];
  const ssize_t n = ::recv(c.fd, buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n == 0) throw std::runtime_error("the server ended a connection");
  if (n < 0) give_up("recv");
  const std::string_view in(buffer.data(), static_cast<std::size_t>(n));
  if (c.state == State::greeting) {
    if (work_.protocol == Protocol::calls) {
      if (!in.starts_with("HTTP/1.1 101 ") || !in.ends_with("\r\n\r\n"))
        throw std::runtime_error("no upgrade to WebSocket");
    } else if (in.size() != 4 || in[0] != '\x20' || in[3] != 0) {
      throw std::runtime_error("no CONNACK that accepts");
    }
    return ready(index);
  }
  if (c.state != State::waiting) throw std::runtime_error("the server talks out of turn");
  if ((work_.protocol == Protocol::http ? answer_bytes(in) : result_bytes(in)) != in.size())
    throw std::runtime_error("an answer in parts, or two in one");
  c.state = State::idle;
  if (!running_) return;
  if (c.owed) {
    c.owed = false;
    send(index, c.due_us + period_us_);
  } else if (work_.rate == 0) {
    send(index, now_us());
  }
}

void Sender::send(std::uint32_t index, std::int64_t due_us) {
  Connection& c = connections_[index];
  c.due_us = due_us;
  if (counting_ && work_.rate != 0) lateness_.record(now_us() - due_us);
  const std::string_view bytes = message_.of(work_.first_device + index, ++c.sent, due_us);
  const ssize_t n = ::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) give_up("send");
  const std::size_t gone = n < 0 ? 0 : static_cast<std::size_t>(n);
  if (gone == bytes.size()) return written(index);
  c.left = static_cast<std::uint16_t>(bytes.size() - gone);
  c.state = State::writing;
  watch(index, EPOLLIN | EPOLLOUT, true);
}

void Sender::write_rest(std::uint32_t index) {
  Connection& c = connections_[index];
  const std::string_view bytes = message_.of(work_.first_device + index, c.sent, c.due_us);
  const ssize_t n = ::send(c.fd, bytes.data() + bytes.size() - c.left, c.left, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) give_up("send");
  if (n > 0) c.left = static_cast<std::uint16_t>(c.left - n);
  if (c.left != 0) return;
  watch(index, EPOLLIN, true);
  written(index);
}

void Sender::written(std::uint32_t index) {
  Connection& c = connections_[index];
  if (counting_) ++sent_;
  c.state = work_.protocol == Protocol::mqtt ? State::idle : State::waiting;
  if (c.owed && c.state == State::idle) {
    c.owed = false;
    send(index, c.due_us + period_us_);
  }
}

void Sender::flat_out(TimePoint until) {
  if (work_.protocol != Protocol::mqtt) {  // each answer brings the next request
    for (std::uint32_t i = 0; i < work_.connections; ++i) {
      if (connections_[i].state == State::idle) send(i, now_us());
    }
    while (clock_.now() < until) wait(10);
    return;
  }
  std::uint32_t writes = 0;
  while (clock_.now() < until) {
    bool any = false;
    const std::int64_t now = now_us();
    for (std::uint32_t i = 0; i < work_.connections; ++i) {
      if (connections_[i].state != State::idle) continue;
      any = true;
      send(i, now);
      if (++writes % kWritesBetweenLooks == 0) wait(0);
    }
    wait(any ? 0 : 10);
  }
}

// Report number k of all, over all connections, is due at k / (rate * connections): the connections take
// turns.
void Sender::paced(TimePoint until) {
  const double interval_us = 1e6 / (work_.rate * work_.connections);
  const auto due = [&](std::uint64_t point) {
    return static_cast<std::int64_t>(static_cast<double>(point) * interval_us);
  };
  for (TimePoint at = clock_.now(); at < until; at = clock_.now()) {
    const std::int64_t now = to_us(at - start_);
    for (; due(point_) <= now; ++point_) {
      const auto index = static_cast<std::uint32_t>(point_ % work_.connections);
      Connection& c = connections_[index];
      if (c.state == State::idle) {
        send(index, due(point_));
      } else if (!c.owed) {
        c.owed = true;
      } else if (counting_) {
        ++skipped_;
      }
    }
    const std::int64_t left = due(point_) - now_us();
    wait(left <= 0 ? 0 : static_cast<int>((left + 999) / 1000));
  }
}

Outcome Sender::run() {
  Outcome out;
  const TimePoint begin = clock_.now();
  start_ = begin;
  connect_all();
  out.connect_seconds = to_seconds(clock_.now() - begin);

  start_ = clock_.now();
  running_ = true;
  const auto go = [&](TimePoint until) { work_.rate == 0 ? flat_out(until) : paced(until); };
  go(start_ + work_.warm_up);
  counting_ = true;
  const std::uint64_t cpu = metrics::own_cpu_us();
  const TimePoint from = clock_.now();
  go(from + work_.length);
  out.cpu_seconds = static_cast<double>(metrics::own_cpu_us() - cpu) / 1e6;
  out.seconds = to_seconds(clock_.now() - from);
  out.sent = sent_;
  out.skipped = skipped_;
  return out;
}

}  // namespace vfleet::floor
