#include "simulator/net/udp_datagram.h"

#include <sys/socket.h>

#include <cerrno>

#include "simulator/net/asio_endpoint.h"
#include "simulator/net/socket.h"

namespace vfleet::net {
namespace {

class UdpDatagram final : public Datagram, Socket {
 public:
  UdpDatagram(ReadinessSet& readiness, const loop::EventLoop& loop, DatagramEvents& events,
              SourceAddresses* sources)
      : Socket(readiness, loop, sources), events_(events) {}

  StreamError connect(const Endpoint& to) override {
    while (true) {
      if (const StreamError error = open(to, SOCK_DGRAM); error != StreamError::none) return error;
      const int failed = connect_to(to);
      if (failed == 0) return watch();
      // EAGAIN: what the kernel says when it has no port for us.
      const StreamError error = failed == EAGAIN ? StreamError::no_ports : stream_error(failed);
      if (error != StreamError::no_ports || !leave_source()) return error;
    }
  }

  DatagramResult send(std::string_view bytes) override {
    const Outcome outcome = send_bytes(bytes);
    if (outcome.error == EMSGSIZE) return {false, 0, StreamError::too_long};
    return result(outcome);
  }

  DatagramResult receive(std::span<char> into) override { return result(receive_bytes(into, false)); }

  void wait_readable() override { wait_for_read(); }
  void wait_writable() override { wait_for_write(); }

 private:
  static DatagramResult result(const Outcome& outcome) {
    if (outcome.error == EAGAIN) return {};
    return {outcome.error == 0, outcome.bytes, stream_error(outcome.error)};
  }

  void readable() override { events_.datagram_readable(); }
  void writable() override { events_.datagram_writable(); }
  void release() override { delete this; }

  DatagramEvents& events_;
};

}  // namespace

DatagramPtr make_udp_datagram(ReadinessSet& readiness, const loop::EventLoop& loop, DatagramEvents& events,
                              SourceAddresses* sources) {
  return DatagramPtr(new UdpDatagram(readiness, loop, events, sources));
}

}  // namespace vfleet::net
