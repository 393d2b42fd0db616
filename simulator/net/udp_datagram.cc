#include "simulator/net/udp_datagram.h"

#include <boost/asio/ip/udp.hpp>

#include "simulator/net/asio_socket.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using Socket = asio::basic_datagram_socket<udp, asio::io_context::executor_type>;

class UdpDatagram final : public AsioSocket<Socket, Datagram, DatagramEvents> {
 public:
  using AsioSocket::AsioSocket;

  StreamError connect(const Endpoint& to) override {
    while (true) {
      if (const StreamError error = open(to); error != StreamError::none) return error;
      Code code;
      socket_.connect(to_asio<udp>(to), code);
      // What the kernel says when it has no port for us.
      const StreamError error = code == asio::error::try_again ? StreamError::no_ports : stream_error(code);
      if (error != StreamError::no_ports || !leave_source()) return error;
    }
  }

  DatagramResult send(std::string_view bytes) override {
    Code code;
    const std::size_t sent = socket_.send(asio::const_buffer(bytes.data(), bytes.size()), 0, code);
    if (code == asio::error::message_size) return {false, 0, StreamError::too_long};
    return result(sent, code);
  }

  DatagramResult receive(std::span<char> into) override {
    Code code;
    const std::size_t received = socket_.receive(asio::mutable_buffer(into.data(), into.size()), 0, code);
    return result(received, code);
  }

 private:
  static DatagramResult result(std::size_t bytes, const Code& code) {
    if (would_block(code)) return {};
    return {!code, bytes, stream_error(code)};
  }
};

}  // namespace

DatagramPtr make_udp_datagram(asio::io_context& context, const loop::EventLoop& loop, DatagramEvents& events,
                              SourceAddresses* sources) {
  return DatagramPtr(new UdpDatagram(context.get_executor(), loop, events, sources));
}

}  // namespace vfleet::net
