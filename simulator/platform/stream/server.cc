#include "simulator/platform/stream/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "simulator/loop/asio_loop.h"
#include "simulator/platform/stream/acceptor.h"
#include "simulator/platform/stream/connection_table.h"
#include "simulator/platform/stream/descriptor_limit.h"
#include "simulator/platform/stream/event_set.h"

namespace vfleet::platform::stream {
namespace {

using Phase = Connection::Phase;
using Then = Taken::Then;

constexpr std::size_t kReadBytes = 64U * 1024;
constexpr std::size_t kSweepPerTick = 4096;  // connections looked at each second, at least
constexpr Duration kSweepPeriod = std::chrono::seconds(1);
constexpr Duration kPauseLook = std::chrono::milliseconds(250);  // a pause may be called off
constexpr Duration kStopGrace = std::chrono::seconds(1);

}  // namespace

class Server::Impl {
 public:
  Impl(loop::AsioLoop& loop, Protocol& protocol, Limits limits, TlsContext* tls, const Pauses* pauses)
      : loop_(loop),
        protocol_(protocol),
        limits_(limits),
        tls_(tls),
        pauses_(pauses),
        events_(loop, [this](std::uint64_t number, std::uint32_t events) { on_event(number, events); }),
        acceptor_(loop, events_, [this](Fd socket) { add(std::move(socket)); }),
        sweep_(loop, [this] { sweep(); }),
        thaw_(loop, [this] { thaw(); }),
        grace_(loop, [this] { close_all(); }) {
    limits_.connections_max = std::min(limits_.connections_max, raise_descriptor_limit());
    sweep_.arm_in(kSweepPeriod);
  }

  ~Impl() {
    // Protocols hear of every client that goes.
    connections_.for_each([this](Connection& c) { protocol_.gone(c); });
  }

  void accept_from(Fd listening) { acceptor_.begin(std::move(listening)); }

  void adopt(Fd socket, std::string_view bytes) {
    Connection* c = add(std::move(socket));
    if (c == nullptr || bytes.empty()) return;
    c->since = c->last;
    c->in = bytes;
    partial_bytes_ += c->in.size();
    take(*c, c->in);
  }

  bool can_send(std::uint64_t client) {
    const Connection* c = connections_.find(client);
    return c != nullptr && c->phase == Phase::open && c->out.size() < limits_.output_bytes_max;
  }

  bool send(std::uint64_t client, std::string_view bytes) {
    if (!can_send(client)) return false;
    Connection* c = connections_.find(client);
    if (!c->out.empty() || c->delay) {
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

  ClientState* state_of(std::uint64_t client) {
    Connection* c = connections_.find(client);
    return c == nullptr ? nullptr : c->state.get();
  }

  void end(std::uint64_t client, std::string last_words) {
    loop_.post([this, client, words = std::move(last_words)] {
      Connection* c = connections_.find(client);
      if (c == nullptr || c->phase != Phase::open) return;
      c->out += words;
      c->phase = Phase::closing;
      if (!c->delay) write_out(*c);
    });
  }

  void stop(std::function<void()> done) {
    stopping_ = true;
    stopped_ = std::move(done);
    acceptor_.end();
    connections_.for_each([this](Connection& c) {
      if (c.out.empty() || c.delay) {
        close(c);
      } else if (c.phase == Phase::open) {
        c.phase = Phase::closing;
      }
    });
    sweep_.cancel();
    if (connections_.size() == 0) {
      finish_stop();
    } else {
      grace_.arm_in(kStopGrace);
    }
  }

  std::function<bool(int, std::string_view)> hand_over_;
  Counts counts_;

 private:
  // --- Events ----------------------------------------------------------------------------------------------

  void want(Connection& c, std::uint32_t events) {
    if (c.interest == events) return;
    c.interest = events;
    events_.change(c.transport.fd(), events, c.number);
  }

  void on_event(std::uint64_t number, std::uint32_t events) {
    if (number == Acceptor::kNumber) return acceptor_.on_ready();
    Connection* c = connections_.find(number);
    if (c == nullptr) return;
    if (c->phase == Phase::handshaking) return shake_hands(*c);
    if ((c->interest & EPOLLIN) == 0 && (events & (EPOLLERR | EPOLLHUP)) != 0) return close(*c);
    if ((events & EPOLLOUT) != 0) {
      write_out(*c);
      // Writing may have ended it, or begun to hold it back.
      c = connections_.find(number);
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
    if (c != nullptr && (c->interest & EPOLLIN) != 0) on_readable(*c);
  }

  // --- Clients that come and go ----------------------------------------------------------------------------

  Connection* add(Fd socket) {
    if (connections_.size() >= limits_.connections_max) {
      ++counts_.refused;
      return nullptr;
    }
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection& c = connections_.add(std::move(socket), tls_);
    c.last = c.since = loop_.now();
    c.interest = EPOLLIN;
    ++counts_.accepted;
    counts_.open = connections_.size();
    c.input_left = protocol_.connected(c);
    if (tls_ != nullptr) c.phase = Phase::handshaking;
    if (events_.add(c.transport.fd(), c.interest, c.number)) return &c;
    ++counts_.refused;
    close(c);
    return nullptr;
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
    partial_bytes_ -= c.partial_bytes();
    connections_.remove(c);
    counts_.open = connections_.size();
    if (stopping_ && connections_.size() == 0) finish_stop();
  }

  void close_later(std::uint64_t number) {
    loop_.post([this, number] {
      if (Connection* c = connections_.find(number)) close(*c);
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
    if (c.partial_bytes() == 0) c.since = c.last;
    if (c.in.empty()) return take(c, came);
    if (partial_bytes_ + came.size() > limits_.partial_bytes_max) return refuse(c);
    partial_bytes_ += came.size();
    c.in.append(came.data(), came.size());
    if (c.in.size() < c.needed) return;
    take(c, c.in);
  }

  // It asks for more than is left for unfinished messages.
  void refuse(Connection& c) {
    ++counts_.refused;
    close(c);
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
    partial_bytes_ += taken.held - c.held;
    c.held = taken.held;
    if (used != 0 && !taken.unfinished) c.since = c.last;
    if (c.partial_bytes() != 0 && partial_bytes_ > limits_.partial_bytes_max) {
      // What was handled is answered, as far as the socket takes it.
      if (!output_.empty()) (void)c.transport.write_some(output_.data(), output_.size());
      return refuse(c);
    }
    if (taken.delay > Duration::zero()) return hold(c, taken.delay);
    flush(c);
  }

  void hand_over(Connection& c, std::string_view rest) {
    // The other process holds the socket, too: closing it here would leave it in the set.
    events_.remove(c.transport.fd());
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
        if (Connection* connection = connections_.find(number)) release(*connection);
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
      Connection* connection = connections_.find(number);
      // Meanwhile it may have been ended, or have got something to write first.
      if (connection == nullptr || connection->phase != Phase::open || !connection->out.empty()) return;
      take(*connection, connection->in);
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
    if (!c.frozen) frozen_.push_back(c.number);
    c.frozen = true;
    want(c, 0);
    return true;
  }

  void thaw() {
    const TimePoint now = loop_.now();
    const TimePoint until = pauses_->paused_until(now);
    if (until > now) return thaw_.arm_at(std::min(until, now + kPauseLook));
    for (const std::uint64_t number : std::exchange(frozen_, {})) {
      Connection* c = connections_.find(number);
      if (c == nullptr) continue;
      c->frozen = false;
      c->last = now;
      want(*c, c->out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
    }
  }

  // --- Time-outs -------------------------------------------------------------------------------------------

  void sweep() {
    const TimePoint now = loop_.now();
    connections_.for_some(kSweepPerTick, [&](Connection& c) {
      if (is_late(c, limits_, now)) time_out(c);
    });
    sweep_.arm_at(now + kSweepPeriod);
  }

  void time_out(Connection& c) {
    if (c.phase == Phase::lingering) return close(c);
    ++counts_.timed_out;
    if (c.phase == Phase::open && c.out.empty() && c.partial_bytes() != 0) {
      // A client too slow with its message hears why, if it listens.
      std::string words;
      protocol_.too_slow(c, words);
      if (!words.empty()) (void)c.transport.write_some(words.data(), words.size());
    }
    close(c);
  }

  // --- The end ---------------------------------------------------------------------------------------------

  void close_all() {
    connections_.for_each([this](Connection& c) { close(c); });
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
  EventSet events_;
  Acceptor acceptor_;
  loop::CallbackTimer sweep_;
  loop::CallbackTimer thaw_;
  loop::CallbackTimer grace_;
  ConnectionTable connections_;
  std::vector<std::uint64_t> frozen_;  // numbers of clients that wait for the end of the pause
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

bool Server::can_send(std::uint64_t client) const {
  return impl_->can_send(client);
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
