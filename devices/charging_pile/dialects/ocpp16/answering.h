#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "devices/charging_pile/answer_rules.h"
#include "simulator/codec/ocpp/error_code.h"

namespace vfleet::pile::ocpp16 {

/// AnswerRule::message for requests that have no rule of their own.
inline constexpr std::string_view kEveryRequest = "*";

/// What is done with one request of the CSMS.
struct Answering {
  enum class With : std::uint8_t { usual, nothing, payload, error };
  With with = With::usual;
  codec::ocpp::ErrorCode error = codec::ocpp::ErrorCode::generic_error;
  std::string payload;  ///< JSON text
  Duration after{0};
};

/// What a rule means. Fields and single words (a status, an error code) must make an answer that the message
/// can have; JSON is taken as it is. Errors: invalid_argument, with what there is to choose from.
[[nodiscard]] Result<Answering> read_answering(const AnswerRule& rule);

}  // namespace vfleet::pile::ocpp16
