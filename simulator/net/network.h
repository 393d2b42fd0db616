#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "simulator/net/connect_gate.h"
#include "simulator/net/stream.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::net {

/// What the connections of a worker come from and share. One a worker; outlives its uplinks.
class Network {
 public:
  virtual ~Network() = default;

  /// `events` outlives the stream.
  [[nodiscard]] virtual StreamPtr make_stream(StreamEvents& events) = 0;

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

 private:
  static constexpr std::size_t kReadBuffer = 16 * 1024;
  loop::EventLoop& loop_;
  std::map<PacerLimits, std::unique_ptr<ConnectGate>> gates_;
  std::unique_ptr<std::array<char, kReadBuffer>> buffer_ = std::make_unique<std::array<char, kReadBuffer>>();
};

/// Real TCP sockets, with TCP_NODELAY. `loop` outlives it.
[[nodiscard]] std::unique_ptr<Network> make_tcp_network(loop::AsioLoop& loop);

}  // namespace vfleet::net
