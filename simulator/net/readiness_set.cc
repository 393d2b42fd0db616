#include "simulator/net/readiness_set.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

constexpr std::size_t kEvents = 256;      // taken from the kernel at once
constexpr std::size_t kToldPerTurn = 64;  // each may read and compute, or write: 2 to 8 us
// One that is in the middle of a TLS handshake may take a millisecond.
constexpr Duration kTurn = std::chrono::microseconds(250);

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

struct ReadinessSet::State : std::enable_shared_from_this<State> {
  // A place and how often it was given away: what the kernel told of an earlier holder is not for this one.
  using Key = std::uint64_t;
  struct Slot {
    Watched* watched = nullptr;  // null: free
    std::uint32_t life = 0;
  };

  State(asio::io_context& io, const Clock& time) : context(io), clock(time), epoll(io, make_epoll()) {}

  [[nodiscard]] Key key(Place place) const { return Key{slots[place].life} << 32U | place; }
  [[nodiscard]] Watched* find(Key key) const {
    const Slot& slot = slots[static_cast<Place>(key)];
    return slot.life == key >> 32U ? slot.watched : nullptr;
  }

  void tell(Key key, std::uint32_t what) const {
    if (Watched* watched = find(key)) watched->happened(what);
  }

  void schedule() {
    if (std::exchange(scheduled, true)) return;
    asio::post(context, [self = shared_from_this()] { self->turn(); });
  }

  void turn() {
    scheduled = false;
    const TimePoint end = clock.now() + kTurn;
    std::size_t budget = kToldPerTurn;
    const auto spend = [&] { budget = clock.now() < end ? budget - 1 : 0; };
    // Who asks while others are told waits for the next turn.
    if (asked_at == asking.size()) {
      asking.clear();
      asked_at = 0;
      asking.swap(asked);
    }
    while (budget > 0 && asked_at < asking.size()) {
      const Key key = asking[asked_at++];
      if (asked_at < asking.size()) __builtin_prefetch(find(asking[asked_at]));
      tell(key, 0);
      spend();
    }
    while (budget > 0 && (next < count || take())) {
      const epoll_event event = events[next++];
      if (next < count) __builtin_prefetch(find(events[next].data.u64));  // with many it is in no cache
      tell(event.data.u64, event.events);
      spend();
    }
    if (closed) return;
    if (next < count || more || asked_at < asking.size() || !asked.empty()) {
      schedule();
    } else {
      wait();
    }
  }

  /// The next events of the kernel; false: there are none, and the descriptor will say when there are.
  bool take() {
    if (!more) return false;
    next = count = 0;
    const int n = ::epoll_wait(epoll.native_handle(), events.data(), kEvents, 0);
    if (n < 0) return false;  // EINTR: more
    count = static_cast<std::size_t>(n);
    more = count == kEvents;
    return count != 0;
  }

  void wait() {
    if (std::exchange(waiting, true)) return;
    epoll.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code&) {
      self->waiting = false;
      if (self->closed) return;
      self->more = true;
      if (!self->scheduled) self->turn();
    });
  }

  asio::io_context& context;
  const Clock& clock;
  Descriptor epoll;
  std::vector<Slot> slots;
  std::vector<Place> free;
  std::array<epoll_event, kEvents> events;  // [next, count): taken, not yet told
  std::size_t next = 0;
  std::size_t count = 0;
  std::vector<Key> asked;   // soon() since the last turn
  std::vector<Key> asking;  // from asked_at on: not yet told
  std::size_t asked_at = 0;
  bool more = false;       // the kernel may have events that nobody waits for
  bool waiting = false;    // for the kernel
  bool scheduled = false;  // a turn
  bool closed = false;     // the set is gone
};

ReadinessSet::ReadinessSet(asio::io_context& context, const Clock& clock)
    : state_(std::make_shared<State>(context, clock)) {
  state_->wait();
}

ReadinessSet::~ReadinessSet() {
  state_->closed = true;
  for (State::Slot& slot : state_->slots) slot.watched = nullptr;
  boost::system::error_code ignored;
  state_->epoll.close(ignored);
}

int ReadinessSet::add(int fd, Watched& watched, Place& place) {
  State& s = *state_;
  Place free = static_cast<Place>(s.slots.size());
  if (s.free.empty()) {
    s.slots.emplace_back();
  } else {
    free = s.free.back();
    s.free.pop_back();
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = s.key(free);
  if (::epoll_ctl(s.epoll.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) {
    const int error = errno;
    s.free.push_back(free);
    return error;
  }
  s.slots[free].watched = &watched;
  place = free;
  return 0;
}

void ReadinessSet::remove(Place place) {
  State::Slot& slot = state_->slots[place];
  slot.watched = nullptr;
  ++slot.life;
  state_->free.push_back(place);
}

void ReadinessSet::soon(Place place) {
  state_->asked.push_back(state_->key(place));
  state_->schedule();
}

}  // namespace vfleet::net
