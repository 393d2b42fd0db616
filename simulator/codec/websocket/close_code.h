#pragma once

#include <cstdint>
#include <string_view>

namespace vfleet::codec::websocket {

/// RFC 6455 section 7.4.1, spelt as there.
enum CloseCode : std::uint16_t {
  kNormalClosure = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupportedData = 1003,
  kNoStatusReceived = 1005,  ///< never on the wire: the Close frame had no code
  kInvalidFramePayloadData = 1007,
  kPolicyViolation = 1008,
  kMessageTooBig = 1009,
  kMandatoryExtension = 1010,
  kInternalError = 1011,
  kServiceRestart = 1012,
  kTryAgainLater = 1013,
  kBadGateway = 1014,
};

/// Whether a peer may put it into a Close frame: the registered ones and 3000..4999.
[[nodiscard]] bool may_be_sent(std::uint16_t code);

/// "closed_policy_violation": a snake_case word for counters, static; one word for each range that has no
/// names ("closed_registered", "closed_private").
[[nodiscard]] std::string_view close_reason(std::uint16_t code);

}  // namespace vfleet::codec::websocket
