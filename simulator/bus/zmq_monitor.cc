#include "simulator/bus/zmq_monitor.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <optional>
#include <zmq.hpp>

namespace vfleet::bus {
namespace {

constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
constexpr int kEventsPerTurn = 64;

std::optional<Handshake> meaning(std::uint16_t event) {
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return Handshake::succeeded;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return Handshake::denied;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      return Handshake::protocol;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      return Handshake::broken_off;
    default:
      return std::nullopt;
  }
}

std::string next_endpoint() {
  static std::atomic<std::uint64_t> number{0};
  return "inproc://vfleet-monitor-" + std::to_string(++number);
}

}  // namespace

struct ZmqMonitor::Impl : std::enable_shared_from_this<Impl> {
  Impl(void* watched, void* pair, boost::asio::io_context& loop, int fd, Told callback)
      : socket(watched),
        events(pair),
        io(loop),
        descriptor(std::in_place, loop, fd),
        told(std::move(callback)) {}
  ~Impl() { close(); }

  void close() {
    if (closed) return;
    closed = true;
    descriptor->release();  // it is the library's
    descriptor.reset();
    zmq_socket_monitor(socket, nullptr, 0);
    zmq_close(events);
  }

  /// One event is two frames: number and value; the endpoint.
  bool take() {
    zmq::message_t first;
    if (zmq_msg_recv(first.handle(), events, ZMQ_DONTWAIT) < 0) return errno == EINTR;
    std::string endpoint;
    for (bool more = first.more(); more;) {
      zmq::message_t next;
      if (zmq_msg_recv(next.handle(), events, ZMQ_DONTWAIT) < 0) break;
      endpoint = next.to_string();
      more = next.more();
    }
    std::uint16_t event = 0;
    if (first.size() >= sizeof event) std::memcpy(&event, first.data(), sizeof event);
    if (const auto how = meaning(event)) {
      const Told callback = told;  // it may destroy this
      callback(*how, endpoint);
    }
    return true;
  }

  void turn() {
    const auto self = shared_from_this();
    for (int i = 0; i < kEventsPerTurn && !closed; ++i) {
      if (!take()) return wait();
    }
    if (!closed) boost::asio::post(io, [self] { self->turn(); });
  }

  void wait() {
    if (closed) return;
    int ready = 0;
    std::size_t size = sizeof ready;
    // The descriptor tells of changes only: what came since the last look has taken the change away.
    if (zmq_getsockopt(events, ZMQ_EVENTS, &ready, &size) == 0 && (ready & ZMQ_POLLIN) != 0) {
      boost::asio::post(io, [self = shared_from_this()] { self->turn(); });
      return;
    }
    descriptor->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                             if (!error) self->turn();
                           });
  }

  void* socket;
  void* events;
  boost::asio::io_context& io;
  std::optional<boost::asio::posix::stream_descriptor> descriptor;
  Told told;
  bool closed = false;
};

ZmqMonitor::ZmqMonitor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZmqMonitor::~ZmqMonitor() {
  impl_->close();
}

std::unique_ptr<ZmqMonitor> ZmqMonitor::open(void* context, void* socket, boost::asio::io_context& io,
                                             Told told) {
  const std::string endpoint = next_endpoint();
  if (zmq_socket_monitor(socket, endpoint.c_str(), kEvents) != 0) return nullptr;
  void* const pair = zmq_socket(context, ZMQ_PAIR);
  int fd = -1;
  std::size_t size = sizeof fd;
  const int linger = 0;
  if (pair == nullptr || zmq_setsockopt(pair, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
      zmq_connect(pair, endpoint.c_str()) != 0 || zmq_getsockopt(pair, ZMQ_FD, &fd, &size) != 0) {
    zmq_socket_monitor(socket, nullptr, 0);
    if (pair != nullptr) zmq_close(pair);
    return nullptr;
  }
  auto impl = std::make_shared<Impl>(socket, pair, io, fd, std::move(told));
  impl->wait();
  return std::unique_ptr<ZmqMonitor>(new ZmqMonitor(std::move(impl)));
}

}  // namespace vfleet::bus
