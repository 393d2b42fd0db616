#pragma once

#include <functional>
#include <optional>
#include <string>

#include "simulator/bus/key_file.h"
#include "simulator/bus/zmq_socket.h"
#include "simulator/core/random.h"
#include "simulator/loop/event_loop.h"

namespace vfleet::bus {

/// What a failed handshake means, and what to do about it. `keys` are the client's; none: it came without.
[[nodiscard]] std::string explain(Handshake how, const std::string& endpoint,
                                  const std::optional<ClientKeys>& keys);

/// Connects a client's socket anew, with back-off, after a handshake that failed: libzmq gives up after a
/// refusal and tries ten times a second for ever when the server breaks off.
class KeepTrying {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds(500);
  static constexpr Duration kMax = std::chrono::seconds(15);
  /// A server that ends breaks handshakes off, too: so many in a row are a reason.
  static constexpr unsigned kBrokenOffMin = 3;

  /// `kept_out` is told why, in words, when the reason is new and now and then again. The socket, the loop
  /// and what `kept_out` needs outlive this; begins to listen at once.
  KeepTrying(ZmqSocket& socket, loop::EventLoop& loop, std::string endpoint, std::optional<ClientKeys> keys,
             std::uint64_t seed, std::function<void(const std::string& why)> kept_out);

 private:
  void shaken(Handshake how);

  ZmqSocket& socket_;
  std::string endpoint_;
  std::optional<ClientKeys> keys_;
  Random random_;
  std::function<void(const std::string&)> kept_out_;
  loop::CallbackTimer again_;
  unsigned failures_ = 0;
  std::optional<Handshake> told_;
};

}  // namespace vfleet::bus
