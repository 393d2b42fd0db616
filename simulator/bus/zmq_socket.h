#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "simulator/bus/curve.h"
#include "simulator/bus/zmq_monitor.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace boost::asio {
class io_context;
}

namespace vfleet::bus {

/// The ZeroMQ library's context, one a process. It must outlive its sockets. Its end waits for their linger.
class ZmqContext {
 public:
  ZmqContext();
  ~ZmqContext();
  ZmqContext(const ZmqContext&) = delete;
  ZmqContext& operator=(const ZmqContext&) = delete;

 private:
  friend class ZmqSocket;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

enum class SocketKind : std::uint8_t { pub, sub, xpub, dealer, router, push, pull };

/// What stands here is set before the first bind or connect; a kind of socket ignores what is not for it.
struct SocketOptions {
  int send_hwm = 1000;     ///< messages a peer; PUB drops beyond, others refuse. 0: no bound
  int receive_hwm = 1000;  ///< messages a peer
  Duration linger{0};      ///< how long unsent messages outlive close()
  Duration heartbeat_interval = std::chrono::seconds(1);  ///< 0: none
  Duration heartbeat_timeout = std::chrono::seconds(3);
  Duration heartbeat_ttl = std::chrono::seconds(5);  ///< asks the peer to do the same
  Duration handshake = std::chrono::seconds(5);
  Duration reconnect = std::chrono::milliseconds(100);
  Duration reconnect_max = std::chrono::seconds(5);
  bool immediate = true;         ///< nothing is queued for a link that is not up
  bool router_mandatory = true;  ///< a send to an unknown peer is an error, not a loss
  bool router_handover = true;   ///< a restarted peer takes over its identity
  std::string identity;          ///< DEALER: what a ROUTER sees; empty: the library chooses
  std::int64_t message_bytes_max = std::int64_t{4}
                                   << 20;  ///< a frame; a peer that sends more is disconnected
  std::string xpub_welcome;                ///< XPUB: one frame for every new subscriber of its topic
  bool xpub_verbose = false;  ///< XPUB: every subscription is received, not the first of a topic only
  std::vector<std::string> subscriptions;  ///< SUB: set here, they are there before it connects
  /// Keys of the side that binds, or of the side that connects; none: plain.
  std::variant<std::monostate, CurveServer, CurveClient> curve = {};
};

/// Where libzmq asks whether a key may come in; see bus/zap.h.
inline constexpr const char* kZapEndpoint = "inproc://zeromq.zap.01";

/// A ZeroMQ socket on an Asio loop. Everything happens on the loop's thread; nothing blocks.
///
/// The receive function gets every message, all of its frames at once; the views are good until it returns.
/// It may send, and may close or destroy the socket. At most 256 messages are taken in a turn of the loop.
class ZmqSocket {
 public:
  using Frames = std::span<const std::string_view>;
  using Receive = std::function<void(Frames frames)>;

  /// `context` and `io` must outlive the socket. Errors: unavailable (no descriptor left), invalid_argument
  /// (an option the library refuses).
  [[nodiscard]] static Result<std::unique_ptr<ZmqSocket>> open(ZmqContext& context,
                                                               boost::asio::io_context& io, SocketKind kind,
                                                               const SocketOptions& options, Receive receive);
  ~ZmqSocket();
  ZmqSocket(const ZmqSocket&) = delete;
  ZmqSocket& operator=(const ZmqSocket&) = delete;

  /// Errors: invalid_argument (not an endpoint; an ipc path over 107 bytes), unavailable (address in use, no
  /// such folder), rejected (CurveServer while no ZAP handler is there: any key would be let in). A second
  /// bind to one ipc path succeeds and takes it from the first: callers hold a lock.
  [[nodiscard]] Status bind(const std::string& endpoint);
  /// Returns before the link is up; it is kept up from then on. Errors: as bind.
  [[nodiscard]] Status connect(const std::string& endpoint);
  /// Where the last bind went: the port when it was chosen ("tcp://127.0.0.1:*").
  [[nodiscard]] std::string endpoint() const;

  /// All frames or none. Errors: unavailable (the queue is full, or no peer is connected), link_down (ROUTER:
  /// no such peer; or closed). PUB and XPUB never fail: they drop for a peer whose queue is full.
  [[nodiscard]] Status send(Frames frames);
  [[nodiscard]] Status send(std::initializer_list<std::string_view> frames) {
    return send(Frames(frames.begin(), frames.size()));
  }
  /// Calls `ready` once a message can go again after a send was refused as unavailable. Not for ROUTER, where
  /// it depends on the peer.
  void on_writable(std::function<void()> ready);

  /// Tells how each handshake went; failed ones are not tried again by the library, except those that were
  /// broken off (ten times a second, for ever): close, or reconnect() after a while. Before bind or connect.
  void on_handshake(ZmqMonitor::Told told);
  /// Drops the links and what is queued on them, and connects anew to where connect() went, with the same
  /// options. For the side that connects; may be called by what on_handshake() calls. Errors: as open().
  [[nodiscard]] Status reconnect();

  /// A property of who sent the message that is being received, as the ZAP handler gave it (kUserId and the
  /// like), or "Peer-Address". Empty when there is none, and outside the receive function.
  [[nodiscard]] std::string_view property(const char* name) const;

  /// No call of the receive function follows. Unsent messages go on for `linger`. Again: nothing.
  void close();

  [[nodiscard]] std::uint64_t received() const;  ///< messages given to the receive function
  [[nodiscard]] std::uint64_t refused() const;   ///< sends that failed

 private:
  struct Impl;
  explicit ZmqSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  ///< shared with the handlers that are queued on the loop
};

/// Errors: invalid_argument when `endpoint` is an ipc path that the system cannot take (over 107 bytes).
[[nodiscard]] Status check_endpoint(std::string_view endpoint);

}  // namespace vfleet::bus
