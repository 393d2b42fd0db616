#include "simulator/platform/stream/acceptor.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace vfleet::platform::stream {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr Duration kRetry = std::chrono::milliseconds(50);

}  // namespace

Acceptor::Acceptor(loop::EventLoop& loop, EventSet& events, Taken taken)
    : events_(events),
      taken_(std::move(taken)),
      retry_(loop, [this] { events_.change(listening_.get(), EPOLLIN, kNumber); }) {}

void Acceptor::begin(Fd listening) {
  listening_ = std::move(listening);
  // The first of a set has room.
  (void)events_.add(listening_.get(), EPOLLIN, kNumber);
}

void Acceptor::on_ready() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Fd socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      taken_(std::move(socket));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The client stays in the backlog; asking again at once would only spin.
      events_.change(listening_.get(), 0, kNumber);
      return retry_.arm_in(kRetry);
    }
  }
}

void Acceptor::end() {
  listening_.reset();
  retry_.cancel();
}

}  // namespace vfleet::platform::stream
