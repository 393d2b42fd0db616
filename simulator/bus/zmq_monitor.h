#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace vfleet::bus {

/// How a connection's handshake went.
enum class Handshake : std::uint8_t {
  succeeded,
  denied,      ///< CURVE was fine and the other side's ZAP handler said no
  protocol,    ///< the two sides do not speak the same: plain against CURVE, or no ZeroMQ at all
  broken_off,  ///< closed without a word, as a server does whose key is another than expected
};

/// Turns libzmq's monitor events of one socket into calls on the loop. For ZmqSocket only.
class ZmqMonitor {
 public:
  using Told = std::function<void(Handshake how, const std::string& endpoint)>;

  /// `context` and `socket` are libzmq's handles and outlive this; `told` may destroy it.
  /// Null when the library refuses.
  [[nodiscard]] static std::unique_ptr<ZmqMonitor> open(void* context, void* socket,
                                                        boost::asio::io_context& io, Told told);
  ~ZmqMonitor();
  ZmqMonitor(const ZmqMonitor&) = delete;
  ZmqMonitor& operator=(const ZmqMonitor&) = delete;

 private:
  struct Impl;
  explicit ZmqMonitor(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace vfleet::bus
