#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "simulator/loop/asio_loop.h"
#include "simulator/net/network.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using Executor = asio::io_context::executor_type;
// Not the type-erased executor: 40 bytes a socket less, and no virtual call.
using Socket = asio::basic_stream_socket<tcp, Executor>;

StreamError stream_error(const Code& code) {
  if (!code) return StreamError::none;
  if (code == asio::error::eof) return StreamError::closed_by_peer;
  if (code == asio::error::connection_refused) return StreamError::connection_refused;
  if (code == asio::error::connection_reset || code == asio::error::broken_pipe ||
      code == asio::error::connection_aborted) {
    return StreamError::reset;
  }
  if (code == asio::error::timed_out) return StreamError::connect_timed_out;
  if (code == asio::error::no_descriptors || code.value() == ENFILE) return StreamError::no_descriptors;
  if (code.value() == EADDRNOTAVAIL || code == asio::error::address_in_use) return StreamError::no_ports;
  if (code == asio::error::host_unreachable || code == asio::error::network_unreachable ||
      code == asio::error::network_down) {
    return StreamError::unreachable;
  }
  return StreamError::failed;
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
  if (!endpoint.v6) {
    asio::ip::address_v4::bytes_type bytes;
    std::copy_n(endpoint.address.begin(), bytes.size(), bytes.begin());
    return {asio::ip::address_v4(bytes), endpoint.port};
  }
  asio::ip::address_v6::bytes_type bytes;
  std::copy_n(endpoint.address.begin(), bytes.size(), bytes.begin());
  return {asio::ip::address_v6(bytes, endpoint.scope), endpoint.port};
}

Endpoint from_asio(const asio::ip::address& address, std::uint16_t port) {
  Endpoint endpoint;
  endpoint.port = port;
  endpoint.v6 = address.is_v6();
  if (endpoint.v6) {
    const auto bytes = address.to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), endpoint.address.begin());
    endpoint.scope = static_cast<std::uint32_t>(address.to_v6().scope_id());
  } else {
    const auto bytes = address.to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), endpoint.address.begin());
  }
  return endpoint;
}

/// Counted, because a handler that is already on its way may outlive the release of the stream.
class TcpStream final : public Stream {
 public:
  TcpStream(const Executor& executor, StreamEvents& events) : socket_(executor), events_(&events) {}

  StreamError connect(const Endpoint& to) override {
    const tcp::endpoint endpoint = to_asio(to);
    Code code;
    socket_.open(endpoint.protocol(), code);
    if (code) return stream_error(code);
    socket_.non_blocking(true, code);
    if (!code) socket_.set_option(tcp::no_delay(true), code);
    if (code) return stream_error(code);
    socket_.async_connect(endpoint, [self = Ref(this)](const Code& result) {
      if (self->events_ != nullptr) self->events_->stream_connected(stream_error(result));
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

  void release() override {
    events_ = nullptr;
    Code ignored;
    socket_.close(ignored);
    intrusive_ptr_release(this);
  }

  Socket socket_;
  StreamEvents* events_;  // null: released
  std::uint32_t references_ = 1;
  bool reading_ = false;
  bool writing_ = false;
};

class TcpNetwork final : public Network {
 public:
  explicit TcpNetwork(loop::AsioLoop& loop) : Network(loop), context_(loop.context()), resolver_(context_) {}

  StreamPtr make_stream(StreamEvents& events) override {
    return StreamPtr(new TcpStream(context_.get_executor(), events));
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

std::optional<Endpoint> parse_address(std::string_view text, std::uint16_t port) {
  Code code;
  const asio::ip::address address = asio::ip::make_address(text, code);
  if (code) return std::nullopt;
  return from_asio(address, port);
}

std::unique_ptr<Network> make_tcp_network(loop::AsioLoop& loop) {
  return std::make_unique<TcpNetwork>(loop);
}

}  // namespace vfleet::net
