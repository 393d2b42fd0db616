#include "simulator/platform/http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "simulator/loop/asio_loop.h"
#include "simulator/platform/http/connection.h"
#include "simulator/platform/http/response.h"

namespace vfleet::platform::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Phase = Connection::Phase;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

constexpr std::size_t kReadBytes = 64U * 1024;
constexpr int kBacklog = 4096;
constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kSweepPerTick = 4096;  // connections looked at each second, at least
constexpr Duration kSweepPeriod = std::chrono::seconds(1);
constexpr Duration kAcceptRetry = std::chrono::milliseconds(50);
constexpr Duration kLinger = std::chrono::seconds(2);
constexpr Duration kStopGrace = std::chrono::seconds(1);
constexpr rlim_t kOwnDescriptors = 64;  // for everything that is not a connection

// Raises the soft limit of descriptors to the hard one; returns how many connections that leaves.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024 - kOwnDescriptors;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > kOwnDescriptors ? limit.rlim_cur - kOwnDescriptors : 1;
}

}  // namespace

class Server::Impl {
 public:
  Impl(loop::AsioLoop& loop, RequestHandler& handler, ServerLimits limits)
      : loop_(loop),
        handler_(handler),
        limits_(limits),
        acceptor_(loop.context()),
        retry_(loop, [this] { wait_for_clients(); }),
        sweep_(loop, [this] { sweep(); }),
        grace_(loop, [this] { close_all(); }) {
    limits_.connections_max = std::min(limits_.connections_max, raise_descriptor_limit());
  }

  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port) {
    error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (ec) return fail(Errc::invalid_argument, "\"" + host + "\" is no IP address to listen on");
    const tcp::endpoint endpoint(address, port);
    const auto failed = [&](const char* what) {
      return fail(Errc::unavailable,
                  std::string(what) + " " + host + ":" + std::to_string(port) + ": " + ec.message());
    };
    acceptor_.open(endpoint.protocol(), ec);
    if (ec) return failed("cannot open a socket for");
    acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(kBacklog, ec);
    if (!ec) acceptor_.non_blocking(true, ec);
    if (ec) return failed("cannot listen on");
    const tcp::endpoint bound = acceptor_.local_endpoint(ec);
    if (ec) return failed("cannot listen on");
    wait_for_clients();
    sweep_.arm_in(kSweepPeriod);
    return bound.port();
  }

  void stop(std::function<void()> done) {
    stopping_ = true;
    stopped_ = std::move(done);
    error_code ignored;
    acceptor_.close(ignored);
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

  [[nodiscard]] const ServerCounts& counts() const { return counts_; }

 private:
  /// Finds a connection again when a handler runs: slots are reused, numbers are not.
  struct Handle {
    std::uint32_t slot;
    std::uint64_t number;
  };

  Connection* find(Handle handle) {
    Connection* connection = slots_[handle.slot].get();
    return connection != nullptr && connection->number == handle.number ? connection : nullptr;
  }
  static std::uint32_t slot_of(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
  Handle handle_of(const Connection& c) { return {slot_of(c.number), c.number}; }

  // --- Clients that come -----------------------------------------------------------------------------------

  void wait_for_clients() {
    acceptor_.async_wait(tcp::acceptor::wait_read, [this](error_code ec) {
      if (!ec) accept_some();
    });
  }

  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      error_code ec;
      Socket socket(loop_.context());
      acceptor_.accept(socket, ec);
      if (ec == asio::error::would_block) break;
      if (ec == asio::error::no_descriptors || ec == asio::error::no_memory ||
          ec == error_code(ENFILE, boost::system::system_category())) {
        // The client stays in the backlog; asking again at once would only spin.
        return retry_.arm_in(kAcceptRetry);
      }
      if (ec) continue;  // this client is gone already
      add(std::move(socket));
    }
    wait_for_clients();
  }

  void add(Socket socket) {
    if (counts_.open >= limits_.connections_max) {
      ++counts_.refused;
      return;
    }
    error_code ec;
    socket.non_blocking(true, ec);
    if (ec) return;
    socket.set_option(tcp::no_delay(true), ec);
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    slots_[slot] = std::make_unique<Connection>(std::move(socket), (++lives_ << 32) | slot);
    slots_[slot]->last = loop_.now();
    ++counts_.accepted;
    ++counts_.open;
    wait_readable(*slots_[slot]);
  }

  void close(Connection& c) {
    const std::uint32_t slot = slot_of(c.number);
    partial_bytes_ -= c.in.size();
    slots_[slot].reset();
    free_.push_back(slot);
    --counts_.open;
    if (stopping_ && counts_.open == 0) finish_stop();
  }

  // --- Requests --------------------------------------------------------------------------------------------

  void wait_readable(Connection& c) {
    c.socket.async_wait(tcp::socket::wait_read, [this, handle = handle_of(c)](error_code ec) {
      if (Connection* connection = find(handle)) ec ? close(*connection) : on_readable(*connection);
    });
  }

  void on_readable(Connection& c) {
    error_code ec;
    const std::size_t size = c.socket.read_some(asio::buffer(shared_), ec);
    if (ec == asio::error::would_block) return wait_readable(c);
    if (ec) return close(c);
    if (c.phase == Phase::lingering) return wait_readable(c);
    c.last = loop_.now();
    const std::string_view came(shared_.data(), size);
    if (c.in.empty()) {
      c.since = c.last;
      return take(c, came);
    }
    if (partial_bytes_ + size > limits_.partial_bytes_max) {
      ++counts_.refused;
      return close(c);
    }
    partial_bytes_ += size;
    c.in += came;
    if (c.in.size() < c.needed) return wait_readable(c);
    take(c, c.in);
  }

  // Handles the whole requests in `data`, which is c.in or has not been put there yet, and keeps the rest.
  void take(Connection& c, std::string_view data) {
    output_.clear();
    const bool own = data.data() == c.in.data();
    Duration delay{};
    const std::size_t used = handle_all(c, data, delay);
    if (own) {
      partial_bytes_ -= used;
      if (used == c.in.size()) {
        c.in = std::string();
      } else {
        c.in.erase(0, used);
      }
    } else if (used < data.size() && c.phase == Phase::open) {
      c.in.assign(data.substr(used));
      partial_bytes_ += c.in.size();
    }
    if (used != 0) c.since = c.last;
    if (delay > Duration::zero()) return hold(c, delay);
    flush(c);
  }

  // Returns the bytes that were used up; `output_` has the answers. Stops early, with c.more, when an answer
  // is to be delayed or the client owes us a read.
  std::size_t handle_all(Connection& c, std::string_view data, Duration& delay) {
    std::size_t used = 0;
    c.needed = 0;
    c.more = false;
    while (used < data.size()) {
      if (delay > Duration::zero() || output_.size() > limits_.output_bytes_max) {
        c.more = true;
        break;
      }
      const std::string_view rest = data.substr(used);
      Request request;
      const auto head = read_request_head(rest, limits_.head_bytes_max, request.head);
      if (!head) {
        const bool large = head.error().code == Errc::too_large;
        return refuse(c, data, large ? 431 : 400,
                      large ? "the head is too large" : "this is no HTTP/1.1 request");
      }
      if (*head == 0) break;
      if (request.head.chunked) return refuse(c, data, 411, "send a Content-Length, not a Transfer-Encoding");
      if (request.head.content_length > limits_.body_bytes_max) {
        return refuse(c, data, 413,
                      "the body is larger than " + std::to_string(limits_.body_bytes_max) + " bytes");
      }
      const std::size_t whole = *head + static_cast<std::size_t>(request.head.content_length);
      if (rest.size() < whole) {
        c.needed = whole;
        if (request.head.expects_continue && !c.continued) {
          c.continued = true;
          output_ += "HTTP/1.1 100 Continue\r\n\r\n";
        }
        break;
      }
      request.body = rest.substr(*head, whole - *head);
      used += whole;
      c.continued = false;
      ++counts_.requests;
      const Next next = handler_.handle(request, output_);
      delay = next.delay;
      if (next.then == Next::Then::cut) {
        c.phase = Phase::cutting;
        return data.size();
      }
      if (next.then == Next::Then::close || !request.head.keep_alive) {
        c.phase = Phase::closing;
        return data.size();
      }
    }
    return used;
  }

  std::size_t refuse(Connection& c, std::string_view data, std::uint32_t status, std::string_view message) {
    ++counts_.bad_requests;
    write_error(output_, status, message, false);
    c.phase = Phase::closing;
    return data.size();
  }

  // --- Answers ---------------------------------------------------------------------------------------------

  // Keeps the answers in output_ back; nothing is read meanwhile.
  void hold(Connection& c, Duration delay) {
    c.out.assign(output_);
    c.out_at = 0;
    c.delay = std::make_unique<loop::CallbackTimer>(loop_, [this, &c] {
      // The timer must not end inside of its own call.
      loop_.post([this, handle = handle_of(c)] {
        if (Connection* connection = find(handle)) release(*connection);
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
    std::size_t written = 0;
    if (!output_.empty()) {
      error_code ec;
      written = c.socket.write_some(asio::buffer(output_), ec);
      if (ec && ec != asio::error::would_block) return close(c);
    }
    if (written == output_.size()) return answered(c);
    c.out.assign(output_, written);
    c.out_at = 0;
    wait_writable(c);
  }

  void wait_writable(Connection& c) {
    c.socket.async_wait(tcp::socket::wait_write, [this, handle = handle_of(c)](error_code ec) {
      if (Connection* connection = find(handle)) ec ? close(*connection) : write_out(*connection);
    });
  }

  void write_out(Connection& c) {
    error_code ec;
    if (c.out_at < c.out.size()) {
      const std::size_t size =
          c.socket.write_some(asio::buffer(c.out.data() + c.out_at, c.out.size() - c.out_at), ec);
      if (ec && ec != asio::error::would_block) return close(c);
      c.out_at += size;
      if (size != 0) c.last = loop_.now();
    }
    if (c.out_at < c.out.size()) return wait_writable(c);
    c.out = std::string();
    c.out_at = 0;
    answered(c);
  }

  // All answers so far are written.
  void answered(Connection& c) {
    error_code ec;
    switch (c.phase) {
      case Phase::cutting:
        return close(c);
      case Phase::closing:
        if (!stopping_) c.socket.shutdown(tcp::socket::shutdown_send, ec);
        if (stopping_ || ec) return close(c);
        c.phase = Phase::lingering;
        c.last = loop_.now();
        return wait_readable(c);
      case Phase::lingering:
      case Phase::open:
        break;
    }
    if (!c.more) return wait_readable(c);
    loop_.post([this, handle = handle_of(c)] {
      if (Connection* connection = find(handle)) take(*connection, connection->in);
    });
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
    if (c.delay) return;
    if (c.phase == Phase::lingering) {
      if (now - c.last > kLinger) close(c);
      return;
    }
    const bool writing = !c.out.empty();
    const bool late = writing        ? now - c.last > limits_.request_timeout
                      : c.in.empty() ? now - c.last > limits_.idle_timeout
                                     : now - c.since > limits_.request_timeout;
    if (!late) return;
    ++counts_.timed_out;
    if (writing || c.in.empty()) return close(c);
    // A client too slow with its request hears why, if it listens. Its pending wait ends with the connection.
    std::string answer;
    write_error(answer, 408, "the request took too long to arrive", false);
    error_code ignored;
    c.socket.write_some(asio::buffer(answer), ignored);
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
  RequestHandler& handler_;
  ServerLimits limits_;
  Acceptor acceptor_;
  loop::CallbackTimer retry_;
  loop::CallbackTimer sweep_;
  loop::CallbackTimer grace_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t lives_ = 0;
  std::size_t sweep_at_ = 0;
  std::size_t partial_bytes_ = 0;
  ServerCounts counts_;
  std::function<void()> stopped_;
  bool stopping_ = false;
  std::string output_;  // the answers of the connection that is being handled
  std::array<char, kReadBytes> shared_;
};

Server::Server(loop::AsioLoop& loop, RequestHandler& handler, ServerLimits limits)
    : impl_(std::make_unique<Impl>(loop, handler, limits)) {}

Server::~Server() = default;

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
  return impl_->listen(host, port);
}

void Server::stop(std::function<void()> done) {
  impl_->stop(std::move(done));
}

const ServerCounts& Server::counts() const {
  return impl_->counts();
}

}  // namespace vfleet::platform::http
