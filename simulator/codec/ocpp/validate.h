#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "simulator/codec/ocpp/error_code.h"
#include "simulator/codec/ocpp/message.h"

namespace vfleet::codec::ocpp {

/// Where peers disagree on what a payload may be. As it stands: what the standard says.
struct Rules {
  /// What its text asks beyond the JSON schemas that were published with it: ranges of integers, arrays that
  /// must not be empty, no member twice.
  bool limits = true;
  bool unknown_fields = false;      ///< members that the message does not have are ignored
  bool null_is_absent = false;      ///< a null is taken for a field that is left out
  bool times_without_zone = false;  ///< a date-time without Z or offset is UTC
  bool any_decimals = false;        ///< limits may have more than one digit behind the point
  /// What a missing field is; peers use protocol_error and formation_violation too.
  ErrorCode missing = ErrorCode::occurrence_constraint_violation;
};

/// The first mistake of a payload, in the order of its text.
struct Violation {
  ErrorCode code = ErrorCode::formation_violation;
  std::string path;    ///< "meterValue.0.timestamp"; empty: the payload as a whole
  std::string reason;  ///< "'Foo' is none of Available, Preparing, ..."

  /// "status: 'Foo' is none of ..."
  [[nodiscard]] std::string text() const;
};

/// Checks the text of a payload against Message::request or ::response. Any bytes. Nothing is allocated for
/// one that is good.
[[nodiscard]] std::optional<Violation> validate(const Object& object, std::string_view payload,
                                                const Rules& rules = {});

}  // namespace vfleet::codec::ocpp
