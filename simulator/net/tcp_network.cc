#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>

#include "simulator/loop/asio_loop.h"
#include "simulator/net/asio_endpoint.h"
#include "simulator/net/network.h"
#include "simulator/net/readiness_set.h"
#include "simulator/net/socket.h"
#include "simulator/net/udp_datagram.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

class TcpStream final : public Stream, Socket {
 public:
  TcpStream(ReadinessSet& readiness, const loop::EventLoop& loop, StreamEvents& events,
            SourceAddresses* sources)
      : Socket(readiness, loop, sources), events_(events) {}

  StreamError connect(const Endpoint& to) override {
    int failed = 0;
    do {
      if (const StreamError error = open(to, SOCK_STREAM); error != StreamError::none) return error;
      const int on = 1;
      ::setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      failed = connect_to(to);
    } while (stream_error(failed) == StreamError::no_ports && leave_source());
    // Also what is known now is told by an event: a socket that failed is ready for everything.
    attempt_ = stream_error(failed);
    connecting_ = true;
    if (const StreamError error = watch(); error != StreamError::none) return error;
    wait_for_write();
    return StreamError::none;
  }

  IoResult write_some(std::string_view bytes) override { return result(send_bytes(bytes)); }

  IoResult read_some(std::span<char> into) override {
    const Outcome outcome = receive_bytes(into, true);
    if (outcome.bytes == 0 && outcome.error == 0 && !into.empty()) return {0, StreamError::closed_by_peer};
    return result(outcome);
  }

  void wait_readable() override { wait_for_read(); }
  void wait_writable() override { wait_for_write(); }

 private:
  static IoResult result(const Outcome& outcome) {
    if (outcome.error == EAGAIN) return {};
    return {outcome.bytes, stream_error(outcome.error)};
  }

  void readable() override { events_.stream_readable(); }

  void writable() override {
    if (!connecting_) return events_.stream_writable();
    connecting_ = false;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (attempt_ == StreamError::none) attempt_ = stream_error(error);
    events_.stream_connected(attempt_);
  }

  void release() override { delete this; }

  StreamEvents& events_;
  StreamError attempt_ = StreamError::none;  // what connect() came to, as far as it is known
  bool connecting_ = false;
};

class TcpNetwork final : public Network {
 public:
  explicit TcpNetwork(loop::AsioLoop& loop)
      : Network(loop), readiness_(loop.context(), loop.clock()), resolver_(loop.context()) {}

  StreamPtr make_plain(StreamEvents& events, SourceAddresses* sources) override {
    return StreamPtr(new TcpStream(readiness_, loop(), events, sources));
  }

  DatagramPtr make_datagram(DatagramEvents& events, SourceAddresses* sources) override {
    return make_udp_datagram(readiness_, loop(), events, sources);
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
  ReadinessSet readiness_;
  tcp::resolver resolver_;
};

}  // namespace

std::unique_ptr<Network> make_tcp_network(loop::AsioLoop& loop) {
  return std::make_unique<TcpNetwork>(loop);
}

}  // namespace vfleet::net
