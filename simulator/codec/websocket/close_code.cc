#include "simulator/codec/websocket/close_code.h"

namespace vfleet::codec::websocket {

bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::string_view close_reason(std::uint16_t code) {
  switch (code) {
    case kNormalClosure:
      return "closed_normal";
    case kGoingAway:
      return "closed_going_away";
    case kProtocolError:
      return "closed_protocol_error";
    case kUnsupportedData:
      return "closed_unsupported_data";
    case kNoStatusReceived:
      return "closed_no_status";
    case kInvalidFramePayloadData:
      return "closed_invalid_data";
    case kPolicyViolation:
      return "closed_policy_violation";
    case kMessageTooBig:
      return "closed_message_too_big";
    case kMandatoryExtension:
      return "closed_mandatory_extension";
    case kInternalError:
      return "closed_internal_error";
    case kServiceRestart:
      return "closed_service_restart";
    case kTryAgainLater:
      return "closed_try_again_later";
    case kBadGateway:
      return "closed_bad_gateway";
    default:
      return code < 4000 ? "closed_registered" : "closed_private";
  }
}

}  // namespace vfleet::codec::websocket
