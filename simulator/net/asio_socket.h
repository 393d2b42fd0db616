#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>

#include "simulator/loop/event_loop.h"
#include "simulator/net/asio_endpoint.h"
#include "simulator/net/datagram.h"
#include "simulator/net/source_addresses.h"

namespace vfleet::net {

/// What TCP's and UDP's sockets have in common: they do not block, start from the next source address that
/// has a port left, and wait for one event of a kind at a time. `Socket` is Asio's; `Interface` is Stream
/// with StreamEvents, or Datagram with DatagramEvents.
///
/// Counted, because a handler that is already on its way may outlive the release.
template <class Socket, class Interface, class Events>
class AsioSocket : public Interface {
 public:
  // Not the type-erased executor: 40 bytes a socket less, and no virtual call.
  using Executor = boost::asio::io_context::executor_type;

  /// `sources`: null or empty: the system chooses. All outlive it.
  AsioSocket(const Executor& executor, const loop::EventLoop& loop, Events& events, SourceAddresses* sources)
      : socket_(executor), loop_(loop), events_(&events), sources_(sources) {}

  void wait_readable() final {
    if (reading_) return;
    reading_ = true;
    socket_.async_wait(Socket::wait_read, [self = Ref(this)](const Code&) {
      self->reading_ = false;
      if (self->events_ != nullptr) tell_readable(*self->events_);
    });
  }

  void wait_writable() final {
    if (writing_) return;
    writing_ = true;
    socket_.async_wait(Socket::wait_write, [self = Ref(this)](const Code&) {
      self->writing_ = false;
      if (self->events_ != nullptr) tell_writable(*self->events_);
    });
  }

 protected:
  using Code = boost::system::error_code;
  using Protocol = typename Socket::protocol_type;

  /// Opens towards `to`, from the next source address; whatever was open is closed.
  StreamError open(const Endpoint& to) {
    Code code;
    while (true) {
      socket_.close(code);
      socket_.open(to_asio<Protocol>(to).protocol(), code);
      if (!code) socket_.non_blocking(true, code);
      if (code || !has_sources()) return stream_error(code);
      if (!sources_->has_family(to.v6)) return StreamError::source_address;
      const auto next = sources_->next(to.v6, loop_.now());
      if (!next) return StreamError::no_ports;
      source_ = static_cast<std::uint32_t>(*next);
      const StreamError bound = bind(sources_->at(source_));
      if (bound != StreamError::no_ports || !leave_source()) return bound;
    }
  }

  /// The address that open() chose has no port left. True: open() may find another.
  bool leave_source() {
    if (!has_sources()) return false;
    sources_->full(source_, loop_.now());
    return true;
  }

  [[nodiscard]] static bool would_block(const Code& code) {
    return code == boost::asio::error::would_block || code == boost::asio::error::try_again;
  }

  [[nodiscard]] bool released() const { return events_ == nullptr; }
  [[nodiscard]] Events& events() const { return *events_; }  ///< not when released

  Socket socket_;

 private:
  friend void intrusive_ptr_add_ref(AsioSocket* socket) { ++socket->references_; }
  friend void intrusive_ptr_release(AsioSocket* socket) {
    if (--socket->references_ == 0) delete socket;
  }
  using Ref = boost::intrusive_ptr<AsioSocket>;

  static void tell_readable(StreamEvents& events) { events.stream_readable(); }
  static void tell_writable(StreamEvents& events) { events.stream_writable(); }
  static void tell_readable(DatagramEvents& events) { events.datagram_readable(); }
  static void tell_writable(DatagramEvents& events) { events.datagram_writable(); }

  [[nodiscard]] bool has_sources() const { return sources_ != nullptr && !sources_->empty(); }

  /// The port is chosen by connecting: so one of TCP serves many destinations.
  StreamError bind(const Endpoint& source) {
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    Code code;
    socket_.bind(to_asio<Protocol>(source), code);
    if (code.value() == EADDRNOTAVAIL) return StreamError::source_address;
    return stream_error(code);
  }

  void release() final {
    events_ = nullptr;
    Code ignored;
    socket_.close(ignored);
    intrusive_ptr_release(this);
  }

  const loop::EventLoop& loop_;
  Events* events_;  // null: released
  SourceAddresses* sources_;
  std::uint32_t source_ = 0;  // which of them, once open
  std::uint32_t references_ = 1;
  bool reading_ = false;
  bool writing_ = false;
};

}  // namespace vfleet::net
