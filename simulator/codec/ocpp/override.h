#pragma once

#include <span>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/codec/ocpp/message.h"

namespace vfleet::codec::ocpp {

using envelope::Override;

enum class Check : std::uint8_t {
  by_table,  ///< the message must be a valid one afterwards
  none,      ///< whatever comes out is sent
};

/// Sets fields of a payload by their paths ("status", "meterValue.0.sampledValue.1.value"; the element behind
/// the last one is added). Slow: it builds a tree, for what operators ask only.
/// Checked, a value is taken as the field's type: idTag=0123 is the text "0123", and null removes the field.
/// Unchecked it is taken as JSON, and as a text where it is none: idTag=0123 is then the text, idTag=123 a
/// number. Errors: malformed (the payload is no JSON object), invalid_argument (a path that leads nowhere,
/// what validate() finds).
[[nodiscard]] Status override_payload(const Object& object, std::span<const Override> overrides, Check check,
                                      Buffer& payload);

/// The same for a whole CALL of `action`, with `$.type`, `$.id`, `$.action` and `$.payload` for the parts
/// around it, which can only be set unchecked.
[[nodiscard]] Status override_call(Action action, std::span<const Override> overrides, Check check,
                                   Buffer& frame);

}  // namespace vfleet::codec::ocpp
