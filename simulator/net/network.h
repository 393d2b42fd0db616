#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "simulator/net/connect_gate.h"
#include "simulator/net/datagram.h"
#include "simulator/net/stream.h"
#include "simulator/net/tls_options.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::net {

class SourceAddresses;
class StreamSource;

/// What the connections of a worker come from and share. One a worker; outlives its uplinks.
class Network {
 public:
  virtual ~Network() = default;

  /// A plain stream. `events` outlives it.
  [[nodiscard]] StreamPtr make_stream(StreamEvents& events) { return make_plain(events, nullptr); }
  /// A stream as `source` says, plain or TLS; both `events` and `source` outlive it. `identity`: the device's
  /// own certificate, read now; when it cannot be used, connect() says certificate_unreadable.
  [[nodiscard]] StreamPtr make_stream(StreamEvents& events, StreamSource& source,
                                      const TlsIdentity& identity = {});

  /// UDP; `events` and `source` (of which only the addresses matter) outlive it.
  [[nodiscard]] DatagramPtr make_datagram(DatagramEvents& events) { return make_datagram(events, nullptr); }
  [[nodiscard]] DatagramPtr make_datagram(DatagramEvents& events, StreamSource& source);

  /// Every address of `host`, in the order to try them; none: not known. `done` is called later, from the
  /// loop.
  using Resolved = std::function<void(std::vector<Endpoint>)>;
  virtual void resolve(const std::string& host, std::uint16_t port, Resolved done) = 0;

  /// The gate that all connections with these limits go through.
  [[nodiscard]] ConnectGate& gate(const PacerLimits& limits);

  /// One for all connections: what is read into it must be dealt with before the callback returns.
  [[nodiscard]] std::span<char> read_buffer() { return *buffer_; }

 protected:
  explicit Network(loop::EventLoop& loop) : loop_(loop) {}
  /// `sources`: null or empty: the system chooses. Outlives the stream.
  [[nodiscard]] virtual StreamPtr make_plain(StreamEvents& events, SourceAddresses* sources) = 0;
  [[nodiscard]] virtual DatagramPtr make_datagram(DatagramEvents& events, SourceAddresses* sources) = 0;
  [[nodiscard]] loop::EventLoop& loop() { return loop_; }

 private:
  static constexpr std::size_t kReadBuffer = 16 * 1024;
  loop::EventLoop& loop_;
  std::map<PacerLimits, std::unique_ptr<ConnectGate>> gates_;
  std::unique_ptr<std::array<char, kReadBuffer>> buffer_ = std::make_unique<std::array<char, kReadBuffer>>();
};

/// Real TCP sockets, with TCP_NODELAY. `loop` outlives it.
[[nodiscard]] std::unique_ptr<Network> make_tcp_network(loop::AsioLoop& loop);

}  // namespace vfleet::net
