#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "simulator/bus/zmq_socket.h"
#include "simulator/core/result.h"

/// The ZeroMQ Authentication Protocol, version 1.0 (RFC 27): libzmq asks here about every key that knocks.
namespace vfleet::bus {

/// Names of the properties that an admitted peer's messages carry (ZmqSocket::property).
inline constexpr const char* kUserId = "User-Id";  ///< the key's name
inline constexpr const char* kRoleProperty = "Role";
inline constexpr const char* kKeyProperty = "Key";  ///< the public key, 64 hex digits

/// What libzmq asks. The views are good as long as the frames.
struct ZapRequest {
  std::string_view request_id;
  std::string_view domain;
  std::string_view address;  ///< the peer's, "10.0.0.2"
  std::string_view identity;
  std::string_view mechanism;  ///< "CURVE", "NULL", "PLAIN"
  std::string_view key;        ///< CURVE: the public key, 32 bytes; else empty
};

/// Reads the frames after the envelope (the routing id and the empty frame). Errors: malformed, too_large
/// (a field over 255 bytes), invalid_argument (another version).
[[nodiscard]] Result<ZapRequest> decode_zap_request(std::span<const std::string_view> frames);

/// Who a key belongs to.
struct ZapGrant {
  std::string name;
  std::string role;
};

/// Metadata in ZMTP's form: a length byte, the name, four bytes of length (big-endian), the value.
[[nodiscard]] std::string zap_metadata(
    std::span<const std::pair<std::string_view, std::string_view>> properties);

/// Answers libzmq's questions about keys, on the loop. It must be there before the first bind of a socket
/// with CurveServer (ZmqSocket::bind refuses otherwise) and outlive all such sockets: without it libzmq
/// would let any key in. One a context.
class ZapHandler {
 public:
  /// A value admits the peer; an error's text is logged by whoever decides and not told to the peer.
  using Decide = std::function<Result<ZapGrant>(const ZapRequest& request)>;

  /// Errors: unavailable (there is one already).
  [[nodiscard]] static Result<std::unique_ptr<ZapHandler>> open(ZmqContext& context,
                                                                boost::asio::io_context& io, Decide decide);

  [[nodiscard]] std::uint64_t admitted() const { return admitted_; }
  [[nodiscard]] std::uint64_t denied() const { return denied_; }

 private:
  explicit ZapHandler(Decide decide) : decide_(std::move(decide)) {}
  void answer(ZmqSocket::Frames frames);

  Decide decide_;
  std::unique_ptr<ZmqSocket> socket_;
  std::uint64_t admitted_ = 0;
  std::uint64_t denied_ = 0;
};

}  // namespace vfleet::bus
