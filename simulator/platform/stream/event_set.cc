#include "simulator/platform/stream/event_set.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <utility>

#include "simulator/loop/asio_loop.h"

namespace vfleet::platform::stream {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

constexpr int kEventsPerTurn = 128;

}  // namespace

class EventSet::Impl {
 public:
  Impl(loop::AsioLoop& loop, Handler handler)
      : epoll_(loop.context(), ::epoll_create1(EPOLL_CLOEXEC)), handler_(std::move(handler)) {
    wait();
  }

  bool control(int what, int socket, std::uint32_t events, std::uint64_t number) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    return ::epoll_ctl(epoll_.native_handle(), what, socket, &event) == 0;
  }

 private:
  void wait() {
    epoll_.async_wait(Descriptor::wait_read, [this](boost::system::error_code ec) {
      if (ec) return;
      std::array<epoll_event, kEventsPerTurn> events;
      const int count = ::epoll_wait(epoll_.native_handle(), events.data(), kEventsPerTurn, 0);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        handler_(event.data.u64, event.events);
      }
      wait();
    });
  }

  Descriptor epoll_;
  Handler handler_;
};

EventSet::EventSet(loop::AsioLoop& loop, Handler handler)
    : impl_(std::make_unique<Impl>(loop, std::move(handler))) {}

EventSet::~EventSet() = default;

bool EventSet::add(int socket, std::uint32_t events, std::uint64_t number) {
  return impl_->control(EPOLL_CTL_ADD, socket, events, number);
}

void EventSet::change(int socket, std::uint32_t events, std::uint64_t number) {
  // Only a socket that is not in the set could fail.
  (void)impl_->control(EPOLL_CTL_MOD, socket, events, number);
}

void EventSet::remove(int socket) {
  (void)impl_->control(EPOLL_CTL_DEL, socket, 0, 0);
}

}  // namespace vfleet::platform::stream
