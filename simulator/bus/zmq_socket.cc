#include "simulator/bus/zmq_socket.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>
#include <zmq.hpp>

namespace vfleet::bus {
namespace {

constexpr int kMessagesPerTurn = 256;
/// A connection attempt into silence ends after this and is made anew: the system's own would grow to a
/// minute.
constexpr Duration kConnect = std::chrono::seconds(3);
constexpr std::size_t kFramesMax = 64;
constexpr std::size_t kIpcPathMax = 107;  // sun_path, less its end
constexpr std::string_view kIpc = "ipc://";

int milliseconds(Duration d) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

zmq::socket_type type_of(SocketKind kind) {
  switch (kind) {
    case SocketKind::pub:
      return zmq::socket_type::pub;
    case SocketKind::sub:
      return zmq::socket_type::sub;
    case SocketKind::xpub:
      return zmq::socket_type::xpub;
    case SocketKind::dealer:
      return zmq::socket_type::dealer;
    case SocketKind::router:
      return zmq::socket_type::router;
    case SocketKind::push:
      return zmq::socket_type::push;
    case SocketKind::pull:
      return zmq::socket_type::pull;
  }
  return zmq::socket_type::pair;
}

/// Only for addresses that say so: with it, names are looked up as IPv6 first, and "localhost" is ::1.
void allow_ipv6(zmq::socket_t& socket, const std::string& endpoint) {
  if (endpoint.find("://[") != std::string::npos) socket.set(zmq::sockopt::ipv6, true);
}

Error error_of(const zmq::error_t& e, const std::string& what) {
  switch (e.num()) {
    case EINVAL:
    case EPROTONOSUPPORT:
    case ENOCOMPATPROTO:
      return {Errc::invalid_argument, what + ": " + e.what()};
    default:
      return {Errc::unavailable, what + ": " + e.what()};
  }
}

void apply(zmq::socket_t& socket, const CurveServer& curve) {
  namespace opt = zmq::sockopt;
  socket.set(opt::zap_domain, curve.domain);
  socket.set(opt::curve_server, true);
  socket.set(opt::curve_secretkey, zmq::const_buffer(curve.secret_key.data(), curve.secret_key.size()));
}

void apply(zmq::socket_t& socket, const CurveClient& curve) {
  namespace opt = zmq::sockopt;
  socket.set(opt::curve_publickey,
             zmq::const_buffer(curve.keys.public_key.data(), curve.keys.public_key.size()));
  socket.set(opt::curve_secretkey,
             zmq::const_buffer(curve.keys.secret_key.data(), curve.keys.secret_key.size()));
  socket.set(opt::curve_serverkey, zmq::const_buffer(curve.server_key.data(), curve.server_key.size()));
}

void apply(zmq::socket_t& /*socket*/, std::monostate /*plain*/) {}

void apply(zmq::socket_t& socket, SocketKind kind, const SocketOptions& options) {
  namespace opt = zmq::sockopt;
  std::visit([&socket](const auto& curve) { apply(socket, curve); }, options.curve);
  socket.set(opt::sndhwm, options.send_hwm);
  socket.set(opt::rcvhwm, options.receive_hwm);
  socket.set(opt::linger, milliseconds(options.linger));
  socket.set(opt::heartbeat_ivl, milliseconds(options.heartbeat_interval));
  if (options.heartbeat_interval > Duration::zero()) {
    socket.set(opt::heartbeat_timeout, milliseconds(options.heartbeat_timeout));
    socket.set(opt::heartbeat_ttl, milliseconds(options.heartbeat_ttl));
  }
  socket.set(opt::handshake_ivl, milliseconds(options.handshake));
  socket.set(opt::connect_timeout, milliseconds(kConnect));
  socket.set(opt::reconnect_ivl, milliseconds(options.reconnect));
  socket.set(opt::reconnect_ivl_max, milliseconds(options.reconnect_max));
  socket.set(opt::maxmsgsize, options.message_bytes_max);
  socket.set(opt::immediate, options.immediate);
  if (kind == SocketKind::router) {
    socket.set(opt::router_mandatory, options.router_mandatory);
    socket.set(opt::router_handover, options.router_handover);
  }
  if (!options.identity.empty()) socket.set(opt::routing_id, options.identity);
  if (kind == SocketKind::xpub) {
    socket.set(opt::xpub_verbose, options.xpub_verbose);
    if (!options.xpub_welcome.empty()) socket.set(opt::xpub_welcome_msg, options.xpub_welcome);
  }
  if (kind == SocketKind::sub) {
    for (const std::string& topic : options.subscriptions) socket.set(opt::subscribe, topic);
  }
}

}  // namespace

struct ZmqContext::Impl {
  zmq::context_t context{1};
  bool zap = false;       // somebody answers at kZapEndpoint
  int curve_servers = 0;  // sockets that would let any key in if nobody did
};

ZmqContext::ZmqContext() : impl_(std::make_unique<Impl>()) {}
ZmqContext::~ZmqContext() = default;

/// Lives until the last handler that is queued on the loop has seen `closed_`.
struct ZmqSocket::Impl : std::enable_shared_from_this<Impl> {
  Impl(ZmqContext::Impl& context, zmq::socket_t socket, SocketKind kind, SocketOptions options,
       boost::asio::io_context& io, Receive receive)
      : context_(context),
        socket_(std::move(socket)),
        kind_(kind),
        options_(std::move(options)),
        io_(io),
        descriptor_(std::in_place, io, socket_.get(zmq::sockopt::fd)),
        receive_(std::move(receive)) {}

  ~Impl() { close(); }

  /// The descriptor is the library's: it must leave Asio's hands, open, before the library closes it.
  void close() {
    if (closed_) return;
    closed_ = true;
    let_go();
    if (guarded_) --context_.curve_servers;
    if (is_zap_) {
      context_.zap = false;
      if (context_.curve_servers > 0) {
        std::fputs("the ZAP handler ends before the sockets that it guards\n", stderr);
        std::abort();
      }
    }
  }

  void let_go() {
    descriptor_->release();
    descriptor_.reset();
    monitor_.reset();
    socket_.close();
  }

  void watch() {
    if (told_) monitor_ = ZmqMonitor::open(context_.context.handle(), socket_.handle(), io_, told_);
  }

  Status reconnect() {
    if (closed_) return fail(Errc::link_down, "the socket is closed");
    try {
      zmq::socket_t fresh(context_.context, type_of(kind_));
      apply(fresh, kind_, options_);
      let_go();
      waiting_ = false;
      ++life_;
      socket_ = std::move(fresh);
      descriptor_.emplace(io_, socket_.get(zmq::sockopt::fd));
      watch();
      for (const std::string& each : connected_) {
        allow_ipv6(socket_, each);
        socket_.connect(each);
      }
    } catch (const zmq::error_t& e) {
      return tl::unexpected(error_of(e, "ZeroMQ socket"));
    } catch (const boost::system::system_error& e) {
      return fail(Errc::unavailable, std::string("ZeroMQ socket: ") + e.what());
    }
    settle();
    return {};
  }

  int events() {
    int out = 0;
    std::size_t size = sizeof out;
    return zmq_getsockopt(socket_.handle(), ZMQ_EVENTS, &out, &size) == 0 ? out : 0;
  }

  [[nodiscard]] bool has_work(int events) const {
    return (events & ZMQ_POLLIN) != 0 || (blocked_ && writable_ && (events & ZMQ_POLLOUT) != 0);
  }

  /// A turn in a later round of the loop; one at most is queued.
  void schedule() {
    if (scheduled_ || closed_) return;
    scheduled_ = true;
    boost::asio::post(io_, [self = shared_from_this()] {
      self->scheduled_ = false;
      self->turn();
    });
  }

  /// The descriptor tells of changes only, and looking at the events takes a change away: so they are looked
  /// at after everything that was done, and the wait begins when nothing is left.
  void settle() {
    if (closed_) return;
    if (has_work(events())) {
      schedule();
    } else {
      wait();
    }
  }

  void wait() {
    if (waiting_ || closed_) return;
    waiting_ = true;
    descriptor_->async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this(), life = life_](const boost::system::error_code& error) {
          if (life != self->life_) return;  // of a socket that was replaced
          self->waiting_ = false;
          if (!error) self->turn();
        });
  }

  void turn() {
    const auto self = shared_from_this();  // the receive function may destroy the socket
    for (int taken = 0; taken < kMessagesPerTurn && !closed_; ++taken) {
      if (!take_message()) break;
    }
    if (!closed_ && blocked_ && writable_ && (events() & ZMQ_POLLOUT) != 0) {
      blocked_ = false;
      const auto ready = writable_;
      ready();
    }
    settle();
  }

  /// One whole message; false when none is there.
  bool take_message() {
    messages_.clear();
    bool more = true;
    bool whole = true;
    while (more) {
      zmq::message_t frame;
      if (zmq_msg_recv(frame.handle(), socket_.handle(), ZMQ_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        return false;
      }
      more = frame.more();
      if (messages_.size() < kFramesMax) {
        messages_.push_back(std::move(frame));
      } else {
        whole = false;  // no message of ours has so many frames
      }
    }
    if (!whole) return true;
    // The receive function may get here again only through the loop, but it may destroy what it was called
    // from.
    views_.clear();
    for (const zmq::message_t& each : messages_) views_.push_back(each.to_string_view());
    ++received_;
    receiving_ = true;
    receive_(views_);
    receiving_ = false;
    return true;
  }

  [[nodiscard]] std::string_view property(const char* name) const {
    if (!receiving_ || messages_.empty()) return {};
    const char* value = zmq_msg_gets(messages_.back().handle(), name);
    return value == nullptr ? std::string_view() : std::string_view(value);
  }

  Status send(Frames frames) {
    if (closed_) return refuse(Errc::link_down, "the socket is closed");
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const int flags = ZMQ_DONTWAIT | (i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
      while (zmq_send(socket_.handle(), frames[i].data(), frames[i].size(), flags) < 0) {
        if (errno == EINTR) continue;
        const int error = errno;
        settle();
        if (error == EAGAIN) {
          blocked_ = kind_ != SocketKind::router;
          return refuse(Errc::unavailable, {});
        }
        return refuse(Errc::link_down, error == EHOSTUNREACH ? std::string() : zmq_strerror(error));
      }
    }
    settle();
    return {};
  }

  tl::unexpected<Error> refuse(Errc code, std::string detail) {
    ++refused_;
    return fail(code, std::move(detail));
  }

  ZmqContext::Impl& context_;
  zmq::socket_t socket_;
  SocketKind kind_;
  SocketOptions options_;
  boost::asio::io_context& io_;
  std::optional<boost::asio::posix::stream_descriptor> descriptor_;
  Receive receive_;
  std::function<void()> writable_;
  std::vector<zmq::message_t> messages_;
  std::vector<std::string_view> views_;
  std::uint64_t received_ = 0;
  std::uint64_t refused_ = 0;
  bool scheduled_ = false;
  bool waiting_ = false;
  bool blocked_ = false;  // a send was refused and on_writable has not told yet
  bool closed_ = false;
  bool receiving_ = false;
  bool guarded_ = false;  // counted in curve_servers
  bool is_zap_ = false;
  ZmqMonitor::Told told_;
  std::unique_ptr<ZmqMonitor> monitor_;
  std::vector<std::string> connected_;
  unsigned life_ = 0;  // of reconnect()
};

Status check_endpoint(std::string_view endpoint) {
  if (!endpoint.starts_with(kIpc)) return {};
  const std::size_t bytes = endpoint.size() - kIpc.size();
  if (bytes == 0) return fail(Errc::invalid_argument, "ipc:// needs a path");
  if (bytes <= kIpcPathMax) return {};
  return fail(Errc::invalid_argument,
              "the socket's path has " + std::to_string(bytes) +
                  " bytes and the system takes 107: choose a shorter run directory (" +
                  std::string(endpoint.substr(kIpc.size())) + ")");
}

Result<std::unique_ptr<ZmqSocket>> ZmqSocket::open(ZmqContext& context, boost::asio::io_context& io,
                                                   SocketKind kind, const SocketOptions& options,
                                                   Receive receive) {
  try {
    zmq::socket_t socket(context.impl_->context, type_of(kind));
    apply(socket, kind, options);
    auto impl =
        std::make_shared<Impl>(*context.impl_, std::move(socket), kind, options, io, std::move(receive));
    impl->settle();
    return std::unique_ptr<ZmqSocket>(new ZmqSocket(std::move(impl)));
  } catch (const zmq::error_t& e) {
    return tl::unexpected(error_of(e, "ZeroMQ socket"));
  } catch (const boost::system::system_error& e) {
    return fail(Errc::unavailable, std::string("ZeroMQ socket: ") + e.what());
  }
}

ZmqSocket::ZmqSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZmqSocket::~ZmqSocket() {
  impl_->close();
}

Status ZmqSocket::bind(const std::string& endpoint) {
  if (auto status = check_endpoint(endpoint); !status) return status;
  if (impl_->closed_) return fail(Errc::link_down, "the socket is closed");
  const bool guarded = std::holds_alternative<CurveServer>(impl_->options_.curve);
  if (guarded && !impl_->context_.zap) {
    return fail(Errc::rejected, "bind " + endpoint + ": no ZAP handler runs, so any key would be let in");
  }
  try {
    allow_ipv6(impl_->socket_, endpoint);
    impl_->socket_.bind(endpoint);
  } catch (const zmq::error_t& e) {
    return tl::unexpected(error_of(e, "bind " + endpoint));
  }
  if (guarded && !std::exchange(impl_->guarded_, true)) ++impl_->context_.curve_servers;
  if (endpoint == kZapEndpoint) impl_->is_zap_ = impl_->context_.zap = true;
  impl_->settle();
  return {};
}

Status ZmqSocket::connect(const std::string& endpoint) {
  if (auto status = check_endpoint(endpoint); !status) return status;
  if (impl_->closed_) return fail(Errc::link_down, "the socket is closed");
  try {
    allow_ipv6(impl_->socket_, endpoint);
    impl_->socket_.connect(endpoint);
  } catch (const zmq::error_t& e) {
    return tl::unexpected(error_of(e, "connect " + endpoint));
  }
  impl_->connected_.push_back(endpoint);
  impl_->settle();
  return {};
}

std::string ZmqSocket::endpoint() const {
  return impl_->closed_ ? std::string() : impl_->socket_.get(zmq::sockopt::last_endpoint);
}

Status ZmqSocket::send(Frames frames) {
  return impl_->send(frames);
}
void ZmqSocket::on_writable(std::function<void()> ready) {
  impl_->writable_ = std::move(ready);
}
void ZmqSocket::on_handshake(ZmqMonitor::Told told) {
  impl_->told_ = std::move(told);
  impl_->watch();
}
Status ZmqSocket::reconnect() {
  return impl_->reconnect();
}
std::string_view ZmqSocket::property(const char* name) const {
  return impl_->property(name);
}
void ZmqSocket::close() {
  impl_->close();
}
std::uint64_t ZmqSocket::received() const {
  return impl_->received_;
}
std::uint64_t ZmqSocket::refused() const {
  return impl_->refused_;
}

}  // namespace vfleet::bus
