#include "simulator/net/udp_datagram.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "simulator/net/asio_endpoint.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using Code = boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_datagram_socket<udp, Executor>;

/// Counted, because a handler that is already on its way may outlive the release.
class UdpDatagram final : public Datagram {
 public:
  UdpDatagram(const Executor& executor, const loop::EventLoop& loop, DatagramEvents& events,
              SourceAddresses* sources)
      : socket_(executor), loop_(loop), events_(&events), sources_(sources) {}

  StreamError connect(const Endpoint& to) override {
    const auto endpoint = to_asio<udp>(to);
    if (sources_ == nullptr || sources_->empty()) {
      const StreamError opened = open(endpoint);
      return opened == StreamError::none ? connect_to(endpoint) : opened;
    }
    if (!sources_->has_family(to.v6)) return StreamError::source_address;
    while (const auto next = sources_->next(to.v6, loop_.now())) {
      if (const StreamError error = open(endpoint); error != StreamError::none) return error;
      Code code;
      socket_.bind(to_asio<udp>(sources_->at(*next)), code);
      if (code.value() == EADDRNOTAVAIL) return StreamError::source_address;
      const StreamError bound = stream_error(code);
      if (bound == StreamError::none) return connect_to(endpoint);
      if (bound != StreamError::no_ports) return bound;
      sources_->full(*next, loop_.now());
      socket_.close(code);
    }
    return StreamError::no_ports;
  }

  DatagramResult send(std::string_view bytes) override {
    Code code;
    const std::size_t sent = socket_.send(asio::const_buffer(bytes.data(), bytes.size()), 0, code);
    return result(sent, code);
  }

  DatagramResult receive(std::span<char> into) override {
    Code code;
    const std::size_t received = socket_.receive(asio::mutable_buffer(into.data(), into.size()), 0, code);
    return result(received, code);
  }

  void wait_readable() override {
    if (reading_) return;
    reading_ = true;
    socket_.async_wait(Socket::wait_read, [self = Ref(this)](const Code&) {
      self->reading_ = false;
      if (self->events_ != nullptr) self->events_->datagram_readable();
    });
  }

  void wait_writable() override {
    if (writing_) return;
    writing_ = true;
    socket_.async_wait(Socket::wait_write, [self = Ref(this)](const Code&) {
      self->writing_ = false;
      if (self->events_ != nullptr) self->events_->datagram_writable();
    });
  }

 private:
  using Ref = boost::intrusive_ptr<UdpDatagram>;
  friend void intrusive_ptr_add_ref(UdpDatagram* socket) { ++socket->references_; }
  friend void intrusive_ptr_release(UdpDatagram* socket) {
    if (--socket->references_ == 0) delete socket;
  }

  StreamError open(const udp::endpoint& to) {
    Code code;
    socket_.open(to.protocol(), code);
    if (!code) socket_.non_blocking(true, code);
    return stream_error(code);
  }

  StreamError connect_to(const udp::endpoint& to) {
    Code code;
    socket_.connect(to, code);
    // All ports towards this peer are taken.
    if (code == asio::error::try_again) return StreamError::no_ports;
    return stream_error(code);
  }

  static DatagramResult result(std::size_t bytes, const Code& code) {
    // A full queue of the interface passes as a full socket does.
    if (code == asio::error::would_block || code == asio::error::try_again ||
        code == asio::error::no_buffer_space) {
      return {};
    }
    if (code == asio::error::message_size) return {false, 0, StreamError::too_long};
    return {!code, bytes, stream_error(code)};
  }

  void release() override {
    events_ = nullptr;
    Code ignored;
    socket_.close(ignored);
    intrusive_ptr_release(this);
  }

  Socket socket_;
  const loop::EventLoop& loop_;
  DatagramEvents* events_;    // null: released
  SourceAddresses* sources_;  // null: the system chooses
  std::uint32_t references_ = 1;
  bool reading_ = false;
  bool writing_ = false;
};

}  // namespace

DatagramPtr make_udp_datagram(asio::io_context& context, const loop::EventLoop& loop, DatagramEvents& events,
                              SourceAddresses* sources) {
  return DatagramPtr(new UdpDatagram(context.get_executor(), loop, events, sources));
}

}  // namespace vfleet::net
