#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vfleet::codec::ocpp {

/// Of a CALLERROR. The last two are words of OCPP 2.0.1 that peers send in 1.6 too.
enum class ErrorCode : std::uint8_t {
  not_implemented,  ///< unknown action
  not_supported,    ///< known action, not supported
  internal_error,
  protocol_error,  ///< incomplete payload
  security_error,
  formation_violation,              ///< no JSON, or not the structure of the action
  property_constraint_violation,    ///< a value that the field cannot have
  occurrence_constraint_violation,  ///< a field is missing, or there too often
  type_constraint_violation,        ///< a value of the wrong type
  generic_error,
  message_type_not_supported,
  rpc_framework_error,
};

/// The 1.6 text writes "Occurence…" and will not be corrected; peers disagree on what to send.
enum class Spelling : std::uint8_t { as_published, corrected };

[[nodiscard]] std::string_view to_string(ErrorCode code, Spelling spelling = Spelling::as_published);

/// Takes both spellings, and FormatViolation (2.0.1) for FormationViolation; nullopt for any other word.
[[nodiscard]] std::optional<ErrorCode> error_code(std::string_view word);

}  // namespace vfleet::codec::ocpp
