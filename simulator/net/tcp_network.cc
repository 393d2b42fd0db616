#include <boost/asio/ip/tcp.hpp>

#include "simulator/loop/asio_loop.h"
#include "simulator/net/asio_socket.h"
#include "simulator/net/network.h"
#include "simulator/net/udp_datagram.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

class TcpStream final : public AsioSocket<Socket, Stream, StreamEvents> {
 public:
  using AsioSocket::AsioSocket;

  StreamError connect(const Endpoint& to) override {
    if (const StreamError error = open(to); error != StreamError::none) return error;
    Code code;
    socket_.set_option(tcp::no_delay(true), code);
    if (code) return stream_error(code);
    using Ref = boost::intrusive_ptr<TcpStream>;
    socket_.async_connect(to_asio<tcp>(to), [self = Ref(this), to](const Code& result) {
      if (!self->released()) self->connected(stream_error(result), to);
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

 private:
  static IoResult result(std::size_t bytes, const Code& code) {
    if (would_block(code)) return {};
    return {bytes, stream_error(code)};
  }

  void connected(StreamError error, const Endpoint& to) {
    if (error == StreamError::no_ports && leave_source()) {
      error = connect(to);
      if (error == StreamError::none) return;
    }
    events().stream_connected(error);
  }
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
