#include "simulator/codec/ocpp/error_code.h"

namespace vfleet::codec::ocpp {

std::string_view to_string(ErrorCode code, Spelling spelling) {
  switch (code) {
    case ErrorCode::not_implemented:
      return "NotImplemented";
    case ErrorCode::not_supported:
      return "NotSupported";
    case ErrorCode::internal_error:
      return "InternalError";
    case ErrorCode::protocol_error:
      return "ProtocolError";
    case ErrorCode::security_error:
      return "SecurityError";
    case ErrorCode::formation_violation:
      return "FormationViolation";
    case ErrorCode::property_constraint_violation:
      return "PropertyConstraintViolation";
    case ErrorCode::occurrence_constraint_violation:
      return spelling == Spelling::corrected ? "OccurrenceConstraintViolation"
                                             : "OccurenceConstraintViolation";
    case ErrorCode::type_constraint_violation:
      return "TypeConstraintViolation";
    case ErrorCode::generic_error:
      return "GenericError";
    case ErrorCode::message_type_not_supported:
      return "MessageTypeNotSupported";
    case ErrorCode::rpc_framework_error:
      return "RpcFrameworkError";
  }
  return "GenericError";
}

std::optional<ErrorCode> error_code(std::string_view word) {
  for (auto i = static_cast<std::uint8_t>(ErrorCode::not_implemented);
       i <= static_cast<std::uint8_t>(ErrorCode::rpc_framework_error); ++i) {
    if (word == to_string(static_cast<ErrorCode>(i))) return static_cast<ErrorCode>(i);
  }
  if (word == "OccurrenceConstraintViolation") return ErrorCode::occurrence_constraint_violation;
  if (word == "FormatViolation") return ErrorCode::formation_violation;
  return std::nullopt;
}

}  // namespace vfleet::codec::ocpp
