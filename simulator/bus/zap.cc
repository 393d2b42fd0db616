#include "simulator/bus/zap.h"

#include <algorithm>
#include <array>
#include <utility>

#include "simulator/bus/curve.h"

namespace vfleet::bus {
namespace {

constexpr std::string_view kVersion = "1.0";
constexpr std::size_t kFieldMax = 255;
constexpr std::size_t kFramesMin = 6;  // version, request id, domain, address, identity, mechanism
constexpr std::size_t kEnvelope = 2;   // routing id, empty
constexpr std::size_t kRequestId = 1;  // after the envelope

}  // namespace

Result<ZapRequest> decode_zap_request(std::span<const std::string_view> frames) {
  if (frames.size() < kFramesMin || frames.size() > kFramesMin + 2)
    return fail(Errc::malformed, "a ZAP request has 6 to 8 frames");
  if (std::any_of(frames.begin(), frames.end(), [](std::string_view f) { return f.size() > kFieldMax; }))
    return fail(Errc::too_large, "a field of a ZAP request has 255 bytes at most");
  if (frames[0] != kVersion) return fail(Errc::invalid_argument, "ZAP 1.0 is spoken here");
  ZapRequest out{frames[1], frames[2], frames[3], frames[4], frames[5], {}};
  if (out.mechanism == "CURVE") {
    if (frames.size() != kFramesMin + 1 || frames[kFramesMin].size() != kKeyBytes)
      return fail(Errc::malformed, "CURVE comes with one key of 32 bytes");
    out.key = frames[kFramesMin];
  }
  return out;
}

std::string zap_metadata(std::span<const std::pair<std::string_view, std::string_view>> properties) {
  std::string out;
  for (const auto& [name, value] : properties) {
    out += static_cast<char>(name.size());
    out += name;
    for (int shift = 24; shift >= 0; shift -= 8)
      out += static_cast<char>((value.size() >> static_cast<unsigned>(shift)) & 0xffU);
    out += value;
  }
  return out;
}

Result<std::unique_ptr<ZapHandler>> ZapHandler::open(ZmqContext& context, boost::asio::io_context& io,
                                                     Decide decide) {
  std::unique_ptr<ZapHandler> handler(new ZapHandler(std::move(decide)));
  SocketOptions options;
  options.heartbeat_interval = Duration::zero();
  options.send_hwm = 0;  // bounded by the connections that are in their handshake
  options.receive_hwm = 0;
  ZapHandler* const self = handler.get();
  auto socket = ZmqSocket::open(context, io, SocketKind::router, options,
                                [self](ZmqSocket::Frames frames) { self->answer(frames); });
  if (!socket) return tl::unexpected(socket.error());
  handler->socket_ = std::move(*socket);
  if (auto bound = handler->socket_->bind(kZapEndpoint); !bound) return tl::unexpected(bound.error());
  return handler;
}

void ZapHandler::answer(ZmqSocket::Frames frames) {
  if (frames.size() < kEnvelope || !frames[1].empty()) return;
  const ZmqSocket::Frames body = frames.subspan(kEnvelope);
  const auto request = decode_zap_request(body);
  Result<ZapGrant> grant = fail(Errc::rejected);
  if (request) grant = decide_(*request);
  // A question that cannot be read is answered too, with a refusal: the handshake ends at once.
  const std::string_view id = body.size() > kRequestId ? body[kRequestId] : std::string_view();
  if (!grant) {
    ++denied_;
    (void)socket_->send({frames[0], "", kVersion, id, "400", "this key is not admitted", "", ""});
    return;
  }
  ++admitted_;
  const std::string key = to_hex(request->key);
  const std::array<std::pair<std::string_view, std::string_view>, 2> properties = {
      {{kRoleProperty, grant->role}, {kKeyProperty, key}}};
  const std::string metadata = zap_metadata(properties);
  (void)socket_->send({frames[0], "", kVersion, id, "200", "OK", grant->name, metadata});
}

}  // namespace vfleet::bus
