#include "simulator/platform/roles/zmq_ingest.h"

#include <utility>

#include "simulator/loop/asio_loop.h"

namespace vfleet::platform {
namespace {

constexpr int kQueueMax = 10'000;  // messages that may wait here for each sender; then the sender waits
constexpr Duration kQuiet = std::chrono::milliseconds(50);

}  // namespace

ZmqIngest::ZmqIngest(loop::AsioLoop& loop, Platform& platform)
    : loop_(loop), platform_(platform), quiet_(loop, [this] { look_whether_quiet(); }) {}

Result<std::string> ZmqIngest::listen(std::string endpoint) {
  if (endpoint.starts_with("tcp://") && endpoint.ends_with(":0")) endpoint.back() = '*';
  bus::SocketOptions options;
  options.receive_hwm = kQueueMax;
  auto socket = bus::ZmqSocket::open(context_, loop_.context(), bus::SocketKind::pull, options,
                                     [this](bus::ZmqSocket::Frames frames) { take(frames); });
  if (!socket) return tl::unexpected(std::move(socket).error());
  if (auto bound = (*socket)->bind(endpoint); !bound) return tl::unexpected(std::move(bound).error());
  socket_ = std::move(*socket);
  return socket_->endpoint();
}

void ZmqIngest::take(bus::ZmqSocket::Frames frames) {
  ++messages_;
  if (frames.size() != 1) return platform_.reject({});
  if (const auto report = platform_.read(frames[0])) {
    platform_.accept(*report, frames[0], Way::zmq);
  } else if (report.error().code == Errc::not_found) {
    platform_.accept_unchecked({.way = Way::zmq});
  }
}

void ZmqIngest::stop(std::function<void()> done) {
  stopped_ = std::move(done);
  if (!socket_) return loop_.post(std::exchange(stopped_, nullptr));
  messages_then_ = messages_;
  quiet_.arm_in(kQuiet);
}

void ZmqIngest::look_whether_quiet() {
  if (messages_ != std::exchange(messages_then_, messages_) && --looks_left_ > 0)
    return quiet_.arm_in(kQuiet);
  socket_.reset();
  loop_.post(std::exchange(stopped_, nullptr));
}

}  // namespace vfleet::platform
