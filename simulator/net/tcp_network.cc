#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "simulator/loop/asio_loop.h"
#include "simulator/net/asio_endpoint.h"
#include "simulator/net/network.h"
#include "simulator/net/source_addresses.h"
#include "simulator/net/udp_datagram.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using Executor = asio::io_context::executor_type;
// Not the type-erased executor: 40 bytes a socket less, and no virtual call.
using Socket = asio::basic_stream_socket<tcp, Executor>;

/// Counted, because a handler that is already on its way may outlive the release of the stream.
class TcpStream final : public Stream {
 public:
  TcpStream(const Executor& executor, const loop::EventLoop& loop, StreamEvents& events,
            SourceAddresses* sources)
      : socket_(executor), loop_(loop), events_(&events), sources_(sources) {}

  StreamError connect(const Endpoint& to) override {
    const tcp::endpoint endpoint = to_asio<tcp>(to);
    Code code;
    socket_.open(endpoint.protocol(), code);
    if (code) return stream_error(code);
    socket_.non_blocking(true, code);
    if (!code) socket_.set_option(tcp::no_delay(true), code);
    if (code) return stream_error(code);
    std::size_t source = 0;
    if (sources_ != nullptr && !sources_->empty()) {
      if (!sources_->has_family(to.v6)) return StreamError::source_address;
      const auto next = sources_->next(to.v6, loop_.now());
      if (!next) return StreamError::no_ports;
      source = *next;
      if (const StreamError error = bind(sources_->at(source)); error != StreamError::none) return error;
    }
    socket_.async_connect(endpoint, [self = Ref(this), to, source](const Code& result) {
      if (self->events_ != nullptr) self->connected(stream_error(result), to, source);
    });
    return StreamError::none;
  }

  IoResult write_some(std::string_view bytes) override {
    Code code;
    const std::size_t written = socket_.write_some(asio::const_buffer(bytes.data(), bytes.size()), code);
    return result(written, code);
  }

  IoResult read_some(std::span<char> into) override {
    Code code;
    const std::size_t read = socket_.read_some(asio::mutable_buffer(into.data(), into.size()), code);
    return result(read, code);
  }

  void wait_readable() override {
    if (reading_) return;
    reading_ = true;
    socket_.async_wait(Socket::wait_read, [self = Ref(this)](const Code&) {
      self->reading_ = false;
      if (self->events_ != nullptr) self->events_->stream_readable();
    });
  }

  void wait_writable() override {
    if (writing_) return;
    writing_ = true;
    socket_.async_wait(Socket::wait_write, [self = Ref(this)](const Code&) {
      self->writing_ = false;
      if (self->events_ != nullptr) self->events_->stream_writable();
    });
  }

 private:
  using Ref = boost::intrusive_ptr<TcpStream>;
  friend class TcpNetwork;
  friend void intrusive_ptr_add_ref(TcpStream* stream) { ++stream->references_; }
  friend void intrusive_ptr_release(TcpStream* stream) {
    if (--stream->references_ == 0) delete stream;
  }

  static IoResult result(std::size_t bytes, const Code& code) {
    if (code == asio::error::would_block || code == asio::error::try_again) return {};
    return {bytes, stream_error(code)};
  }

  /// The port is chosen by connect(): the same one serves many destinations.
  StreamError bind(const Endpoint& source) {
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    Code code;
    socket_.bind(to_asio<tcp>(source), code);
    if (code.value() == EADDRNOTAVAIL) return StreamError::source_address;
    return stream_error(code);
  }

  void connected(StreamError error, const Endpoint& to, std::size_t source) {
    if (error == StreamError::no_ports && sources_ != nullptr && !sources_->empty()) {
      sources_->full(source, loop_.now());
      Code ignored;
      socket_.close(ignored);
      error = connect(to);
      if (error == StreamError::none) return;
    }
    events_->stream_connected(error);
  }

  void release() override {
    events_ = nullptr;
    Code ignored;
    socket_.close(ignored);
    intrusive_ptr_release(this);
  }

  Socket socket_;
  const loop::EventLoop& loop_;
  StreamEvents* events_;      // null: released
  SourceAddresses* sources_;  // null: the system chooses
  std::uint32_t references_ = 1;
  bool reading_ = false;
  bool writing_ = false;
};

class TcpNetwork final : public Network {
 public:
  explicit TcpNetwork(loop::AsioLoop& loop) : Network(loop), context_(loop.context()), resolver_(context_) {}

  StreamPtr make_plain(StreamEvents& events, SourceAddresses* sources) override {
    return StreamPtr(new TcpStream(context_.get_executor(), loop(), events, sources));
  }

  DatagramPtr make_datagram(DatagramEvents& events, SourceAddresses* sources) override {
    return make_udp_datagram(context_, loop(), events, sources);
  }

  void resolve(const std::string& host, std::uint16_t port, Resolved done) override {
    resolver_.async_resolve(
        host, std::to_string(port),
        [port, done = std::move(done)](const Code& code, const tcp::resolver::results_type& results) {
          if (code == asio::error::operation_aborted) return;
          std::vector<Endpoint> found;
          for (const auto& each : results) found.push_back(from_asio(each.endpoint().address(), port));
          done(std::move(found));
        });
  }

 private:
  asio::io_context& context_;
  tcp::resolver resolver_;
};

}  // namespace

std::unique_ptr<Network> make_tcp_network(loop::AsioLoop& loop) {
  return std::make_unique<TcpNetwork>(loop);
}

}  // namespace vfleet::net
