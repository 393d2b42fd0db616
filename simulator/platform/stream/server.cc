#include "simulator/platform/stream/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "simulator/loop/asio_loop.h"
#include "simulator/platform/stream/transport.h"

namespace vfleet::platform::stream {
namespace {

namespace asio = boost::asio;
using Then = Taken::Then;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

constexpr std::size_t kReadBytes = 64U * 1024;
constexpr int kAcceptsPerTurn = 64;
constexpr int kEventsPerTurn = 128;
constexpr std::size_t kSweepPerTick = 4096;  // connections looked at each second, at least
constexpr Duration kSweepPeriod = std::chrono::seconds(1);
constexpr Duration kAcceptRetry = std::chrono::milliseconds(50);
constexpr Duration kPauseLook = std::chrono::milliseconds(250);  // a pause may be called off
constexpr Duration kLinger = std::chrono::seconds(2);
constexpr Duration kStopGrace = std::chrono::seconds(1);
constexpr rlim_t kOwnDescriptors = 64;  // for everything that is not a connection
constexpr std::uint64_t kAcceptor = 0;  // the listening socket's number: clients count from 1

// Raises the soft limit of descriptors to the hard one; returns how many connections that leaves.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024 - kOwnDescriptors;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > kOwnDescriptors ? limit.rlim_cur - kOwnDescriptors : 1;
}

// A connection. Both buffers hold no memory while it waits for the next message.
struct Connection : Client {
  enum class Phase : std::uint8_t {
    handshaking,
    open,
    closing,    // the last answer is in `out`; then shut down in order
    cutting,    // the last bytes are in `out`; then close without a word
    lingering,  // shut down; what still comes is thrown away, so that the answer is not lost by a reset
  };

  Connection(Fd socket, TlsContext* tls) : transport(std::move(socket), tls) {}

  Transport transport;
  std::string in;   // bytes that came and are not handled yet
  std::string out;  // bytes to be written
  std::size_t out_at = 0;
  std::size_t needed = 0;                       // `in` is not looked at again before it has so many
  std::size_t input_left = Protocol::kNoLimit;  // bytes until it is cut
  TimePoint last;                               // of the last byte in either direction
  TimePoint since;                              // of the unfinished message's first byte
  std::unique_ptr<loop::CallbackTimer> delay;   // set while an answer is held back
  std::uint32_t interest = 0;                   // the epoll events that are asked for
  Phase phase = Phase::open;
  bool more = false;    // `in` may hold a whole message: go on when `out` is written
  bool frozen = false;  // in Impl::frozen_
};
using Phase = Connection::Phase;

}  // namespace

class Server::Impl {
 public:
  Impl(loop::AsioLoop& loop, Protocol& protocol, Limits limits, TlsContext* tls, const Pauses* pauses)
      : loop_(loop),
        protocol_(protocol),
        limits_(limits),
        tls_(tls),
        pauses_(pauses),
        epoll_(loop.context(), ::epoll_create1(EPOLL_CLOEXEC)),
        retry_(loop, [this] { listen_again(); }),
        sweep_(loop, [this] { sweep(); }),
        thaw_(loop, [this] { thaw(); }),
        grace_(loop, [this] { close_all(); }) {
    limits_.connections_max = std::min(limits_.connections_max, raise_descriptor_limit());
    sweep_.arm_in(kSweepPeriod);
    wait();
  }

  ~Impl() {
    // Protocols hear of every client that goes.
    for (auto& slot : slots_) {
      if (slot) protocol_.gone(*slot);
    }
  }

  void accept_from(Fd listening) {
    listening_ = std::move(listening);
    watch(EPOLL_CTL_ADD, listening_.get(), EPOLLIN, kAcceptor);
  }

  void adopt(Fd socket, std::string_view bytes) {
    Connection* c = add(std::move(socket));
    if (c == nullptr || bytes.empty()) return;
    c->since = c->last;
    c->in = bytes;
    partial_bytes_ += c->in.size();
    take(*c, c->in);
  }

  bool send(std::uint64_t client, std::string_view bytes) {
    Connection* c = find(client);
    if (c == nullptr || c->phase != Phase::open) return false;
    if (!c->out.empty() || c->delay) {
      if (c->out.size() + bytes.size() > limits_.output_bytes_max) return false;
      c->out += bytes;
      return true;
    }
    const std::ptrdiff_t written = c->transport.write_some(bytes.data(), bytes.size());
    if (written < 0) {
      close_later(client);
      return false;
    }
    if (static_cast<std::size_t>(written) < bytes.size()) {
      c->out.assign(bytes.substr(static_cast<std::size_t>(written)));
      c->out_at = 0;
      want(*c, EPOLLIN | EPOLLOUT);
    }
    return true;
  }

  bool is_open(std::uint64_t client) {
    const Connection* c = find(client);
    return c != nullptr && c->phase == Phase::open;
  }

  ClientState* state_of(std::uint64_t client) {
    Connection* c = find(client);
    return c == nullptr ? nullptr : c->state.get();
  }

  void end(std::uint64_t client, std::string last_words) {
    loop_.post([this, client, words = std::move(last_words)] {
      Connection* c = find(client);
      if (c == nullptr || c->phase != Phase::open) return;
      c->out += words;
      c->phase = Phase::closing;
      if (!c->delay) write_out(*c);
    });
  }

  void stop(std::function<void()> done) {
    stopping_ = true;
    stopped_ = std::move(done);
    listening_.reset();
    retry_.cancel();
    for (auto& slot : slots_) {
      if (!slot) continue;
      if (slot->out.empty() || slot->delay) {
        close(*slot);
      } else if (slot->phase == Phase::open) {
        slot->phase = Phase::closing;
      }
    }
    sweep_.cancel();
    if (counts_.open == 0) {
      finish_stop();
    } else {
      grace_.arm_in(kStopGrace);
    }
  }

  std::function<bool(int, std::string_view)> hand_over_;
  Counts counts_;

 private:
  Connection* find(std::uint64_t number) {
    const std::uint32_t slot = slot_of(number);
    if (slot >= slots_.size()) return nullptr;
    Connection* connection = slots_[slot].get();
    return connection != nullptr && connection->number == number ? connection : nullptr;
  }
  // Slots are reused, numbers are not.
  static std::uint32_t slot_of(std::uint64_t number) { return static_cast<std::uint32_t>(number); }

  // --- Events ----------------------------------------------------------------------------------------------
  // An epoll set of its own inside of the loop's: a connection that was read needs no system call to wait
  // again, and a batch of them costs one.

  void watch(int what, int socket, std::uint32_t events, std::uint64_t number) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    ::epoll_ctl(epoll_.native_handle(), what, socket, &event);
  }

  void want(Connection& c, std::uint32_t events) {
    if (c.interest == events) return;
    c.interest = events;
    watch(EPOLL_CTL_MOD, c.transport.fd(), events, c.number);
  }

  void wait() {
    epoll_.async_wait(Descriptor::wait_read, [this](boost::system::error_code ec) {
      if (ec) return;
      std::array<epoll_event, kEventsPerTurn> events;
      const int count = ::epoll_wait(epoll_.native_handle(), events.data(), kEventsPerTurn, 0);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == kAcceptor) {
          accept_some();
        } else if (Connection* c = find(event.data.u64)) {
          on_event(*c, event.events);
        }
      }
      wait();
    });
  }

  void on_event(Connection& c, std::uint32_t events) {
    if (c.phase == Phase::handshaking) return shake_hands(c);
    if ((c.interest & EPOLLIN) == 0 && (events & (EPOLLERR | EPOLLHUP)) != 0) return close(c);
    const std::uint64_t number = c.number;
    if ((events & EPOLLOUT) != 0) write_out(c);
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
    // Writing may have ended it, or begun to hold it back.
    Connection* still = (events & EPOLLOUT) != 0 ? find(number) : &c;
    if (still != nullptr && (still->interest & EPOLLIN) != 0) on_readable(*still);
  }

  // --- Clients that come and go ----------------------------------------------------------------------------

  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      Fd socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket) {
        add(std::move(socket));
        continue;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        // The client stays in the backlog; asking again at once would only spin.
        watch(EPOLL_CTL_MOD, listening_.get(), 0, kAcceptor);
        return retry_.arm_in(kAcceptRetry);
      }
    }
  }

  void listen_again() { watch(EPOLL_CTL_MOD, listening_.get(), EPOLLIN, kAcceptor); }

  Connection* add(Fd socket) {
    if (counts_.open >= limits_.connections_max) {
      ++counts_.refused;
      return nullptr;
    }
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    slots_[slot] = std::make_unique<Connection>(std::move(socket), tls_);
    Connection& c = *slots_[slot];
    c.number = (++lives_ << 32) | slot;
    c.last = c.since = loop_.now();
    c.interest = EPOLLIN;
    ++counts_.accepted;
    ++counts_.open;
    c.input_left = protocol_.connected(c);
    if (tls_ != nullptr) c.phase = Phase::handshaking;
    watch(EPOLL_CTL_ADD, c.transport.fd(), c.interest, c.number);
    return &c;
  }

  void shake_hands(Connection& c) {
    switch (c.transport.handshake()) {
      case Transport::Handshake::done:
        c.phase = Phase::open;
        c.last = loop_.now();
        // Its first bytes may have come with the last of the handshake.
        want(c, EPOLLIN);
        return on_readable(c);
      case Transport::Handshake::wants_read:
        return want(c, EPOLLIN);
      case Transport::Handshake::wants_write:
        return want(c, EPOLLOUT);
      case Transport::Handshake::failed:
        ++counts_.handshakes_failed;
        return close(c);
    }
  }

  void close(Connection& c) {
    protocol_.gone(c);
    forget(c);
  }

  void forget(Connection& c) {
    const std::uint32_t slot = slot_of(c.number);
    partial_bytes_ -= c.in.size();
    slots_[slot].reset();
    free_.push_back(slot);
    --counts_.open;
    if (stopping_ && counts_.open == 0) finish_stop();
  }

  void close_later(std::uint64_t number) {
    loop_.post([this, number] {
      if (Connection* c = find(number)) close(*c);
    });
  }

  // --- Messages --------------------------------------------------------------------------------------------

  void on_readable(Connection& c) {
    if (c.phase == Phase::lingering) {
      if (c.transport.read_some(shared_.data(), kReadBytes) < 0) close(c);
      return;
    }
    if (pauses_ != nullptr && freeze(c)) return;
    const std::size_t room = std::min(kReadBytes, c.input_left);
    const std::ptrdiff_t size = c.transport.read_some(shared_.data(), room);
    if (size < 0) return close(c);
    if (size == 0) return;
    c.last = loop_.now();
    const std::span<char> came(shared_.data(), static_cast<std::size_t>(size));
    if (c.input_left != Protocol::kNoLimit) {
      c.input_left -= came.size();
      if (c.input_left == 0) return close(c);
    }
    if (c.in.empty()) {
      c.since = c.last;
      return take(c, came);
    }
    if (partial_bytes_ + came.size() > limits_.partial_bytes_max) {
      ++counts_.refused;
      return close(c);
    }
    partial_bytes_ += came.size();
    c.in.append(came.data(), came.size());
    if (c.in.size() < c.needed) return;
    take(c, c.in);
  }

  // Handles what is whole in `data`, which is c.in or has not been put there yet, and keeps the rest.
  void take(Connection& c, std::span<char> data) {
    output_.clear();
    const bool own = data.data() == c.in.data();
    const Taken taken = protocol_.take(c, data, output_);
    if (taken.then == Then::hand_over)
      return hand_over(c, {data.data() + taken.used, data.size() - taken.used});
    const std::size_t used = taken.then == Then::keep ? taken.used : data.size();
    c.needed = taken.needed;
    c.more = taken.more;
    if (taken.then == Then::close) c.phase = Phase::closing;
    if (taken.then == Then::cut) c.phase = Phase::cutting;
    if (own) {
      partial_bytes_ -= used;
      if (used == c.in.size()) {
        c.in = std::string();
      } else {
        c.in.erase(0, used);
      }
    } else if (used < data.size()) {
      c.in.assign(data.data() + used, data.size() - used);
      partial_bytes_ += c.in.size();
    }
    if (used != 0) c.since = c.last;
    if (taken.delay > Duration::zero()) return hold(c, taken.delay);
    flush(c);
  }

  void hand_over(Connection& c, std::string_view rest) {
    if (!output_.empty()) (void)c.transport.write_some(output_.data(), output_.size());
    if (!hand_over_ || !hand_over_(c.transport.fd(), rest)) return close(c);
    forget(c);
  }

  // --- Answers ---------------------------------------------------------------------------------------------

  // Keeps the answers in output_ back; nothing is read meanwhile.
  void hold(Connection& c, Duration delay) {
    c.out.append(output_);
    want(c, 0);
    c.delay = std::make_unique<loop::CallbackTimer>(loop_, [this, number = c.number] {
      // The timer must not end inside of its own call.
      loop_.post([this, number] {
        if (Connection* connection = find(number)) release(*connection);
      });
    });
    c.delay->arm_in(delay);
  }

  void release(Connection& c) {
    c.delay.reset();
    c.last = loop_.now();
    write_out(c);
  }

  // Writes output_ at once; only what the socket does not take costs a buffer.
  void flush(Connection& c) {
    if (!c.out.empty()) {
      // Behind what send() could not write yet.
      c.out += output_;
      return want(c, EPOLLOUT);
    }
    std::size_t written = 0;
    if (!output_.empty()) {
      const std::ptrdiff_t result = c.transport.write_some(output_.data(), output_.size());
      if (result < 0) return close(c);
      written = static_cast<std::size_t>(result);
    }
    if (written == output_.size()) return answered(c);
    c.out.assign(output_, written);
    c.out_at = 0;
    want(c, EPOLLOUT);
  }

  void write_out(Connection& c) {
    if (c.out_at < c.out.size()) {
      const std::ptrdiff_t size = c.transport.write_some(c.out.data() + c.out_at, c.out.size() - c.out_at);
      if (size < 0) return close(c);
      c.out_at += static_cast<std::size_t>(size);
      if (size != 0) c.last = loop_.now();
    }
    if (c.out_at < c.out.size()) return want(c, (c.interest & EPOLLIN) | EPOLLOUT);
    c.out = std::string();
    c.out_at = 0;
    answered(c);
  }

  // All answers so far are written.
  void answered(Connection& c) {
    switch (c.phase) {
      case Phase::cutting:
        return close(c);
      case Phase::closing:
        if (stopping_ || !c.transport.shutdown()) return close(c);
        c.phase = Phase::lingering;
        c.last = loop_.now();
        return want(c, EPOLLIN);
      case Phase::handshaking:
      case Phase::lingering:
      case Phase::open:
        break;
    }
    if (!c.more) return want(c, EPOLLIN);
    want(c, 0);
    loop_.post([this, number = c.number] {
      if (Connection* connection = find(number)) take(*connection, connection->in);
    });
  }

  // --- Pauses ----------------------------------------------------------------------------------------------

  // Leaves the client's bytes where they are while the platform pauses.
  bool freeze(Connection& c) {
    const TimePoint now = loop_.now();
    const TimePoint until = pauses_->paused_until(now);
    if (until <= now) return false;
    std::array<char, 64> next;
    const std::size_t size = c.transport.peek(next.data(), next.size());
    if (size != 0 && protocol_.passes_pause({next.data(), size})) return false;
    if (frozen_.empty()) thaw_.arm_at(std::min(until, now + kPauseLook));
    frozen_.push_back(c.number);
    c.frozen = true;
    want(c, 0);
    return true;
  }

  void thaw() {
    const TimePoint now = loop_.now();
    const TimePoint until = pauses_->paused_until(now);
    if (until > now) return thaw_.arm_at(std::min(until, now + kPauseLook));
    for (const std::uint64_t number : std::exchange(frozen_, {})) {
      Connection* c = find(number);
      if (c == nullptr) continue;
      c->frozen = false;
      c->last = now;
      want(*c, c->out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
    }
  }

  // --- Time-outs -------------------------------------------------------------------------------------------

  void sweep() {
    const TimePoint now = loop_.now();
    const std::size_t count = std::min(slots_.size(), std::max(kSweepPerTick, slots_.size() / 8));
    for (std::size_t i = 0; i < count; ++i) {
      if (++sweep_at_ >= slots_.size()) sweep_at_ = 0;
      if (Connection* c = slots_[sweep_at_].get()) check_time(*c, now);
    }
    sweep_.arm_at(now + kSweepPeriod);
  }

  void check_time(Connection& c, TimePoint now) {
    if (c.delay || c.frozen) return;
    if (c.phase == Phase::lingering) {
      if (now - c.last > kLinger) close(c);
      return;
    }
    const Duration idle_max = c.idle_max == Duration::zero() ? limits_.idle_timeout : c.idle_max;
    const bool writing = !c.out.empty();
    const bool late = c.phase == Phase::handshaking ? now - c.since > limits_.message_timeout
                      : writing                     ? now - c.last > limits_.message_timeout
                      : c.in.empty()                ? now - c.last > idle_max
                                                    : now - c.since > limits_.message_timeout;
    if (!late) return;
    ++counts_.timed_out;
    if (c.phase == Phase::open && !writing && !c.in.empty()) {
      // A client too slow with its message hears why, if it listens.
      std::string words;
      protocol_.too_slow(c, words);
      if (!words.empty()) (void)c.transport.write_some(words.data(), words.size());
    }
    close(c);
  }

  // --- The end ---------------------------------------------------------------------------------------------

  void close_all() {
    for (auto& slot : slots_) {
      if (slot) close(*slot);
    }
  }

  void finish_stop() {
    grace_.cancel();
    if (stopped_) loop_.post(std::exchange(stopped_, nullptr));
  }

  loop::AsioLoop& loop_;
  Protocol& protocol_;
  Limits limits_;
  TlsContext* tls_;
  const Pauses* pauses_;
  Descriptor epoll_;
  Fd listening_;
  loop::CallbackTimer retry_;
  loop::CallbackTimer sweep_;
  loop::CallbackTimer thaw_;
  loop::CallbackTimer grace_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint64_t> frozen_;  // numbers of clients that wait for the end of the pause
  std::uint64_t lives_ = 0;
  std::size_t sweep_at_ = 0;
  std::size_t partial_bytes_ = 0;
  std::function<void()> stopped_;
  bool stopping_ = false;
  std::string output_;  // the answers of the connection that is being handled
  std::array<char, kReadBytes> shared_;
};

Server::Server(loop::AsioLoop& loop, Protocol& protocol, Limits limits, TlsContext* tls, const Pauses* pauses)
    : impl_(std::make_unique<Impl>(loop, protocol, limits, tls, pauses)) {}

Server::~Server() = default;

void Server::accept_from(Fd listening) {
  impl_->accept_from(std::move(listening));
}

void Server::adopt(Fd socket, std::string_view bytes) {
  impl_->adopt(std::move(socket), bytes);
}

void Server::set_hand_over(std::function<bool(int, std::string_view)> hand_over) {
  impl_->hand_over_ = std::move(hand_over);
}

bool Server::send(std::uint64_t client, std::string_view bytes) {
  return impl_->send(client, bytes);
}

bool Server::is_open(std::uint64_t client) const {
  return impl_->is_open(client);
}

ClientState* Server::state_of(std::uint64_t client) {
  return impl_->state_of(client);
}

void Server::end(std::uint64_t client, std::string last_words) {
  impl_->end(client, std::move(last_words));
}

void Server::stop(std::function<void()> done) {
  impl_->stop(std::move(done));
}

const Counts& Server::counts() const {
  return impl_->counts_;
}

}  // namespace vfleet::platform::stream
