#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "simulator/codec/ocpp/error_code.h"

namespace vfleet::pile::ocpp16 {

/// What a request of the CSMS is answered with: a status, a whole payload, or a CALLERROR.
struct Reply {
  std::string payload;  ///< JSON text; not of a CALLERROR
  std::optional<codec::ocpp::ErrorCode> error;
  std::string why;  ///< of a CALLERROR its description; of a refusal, for people

  /// {"status":"..."}; `word` needs no escaping.
  [[nodiscard]] static Reply status(std::string_view word, std::string why = {}) {
    Reply reply;
    reply.payload.append(R"({"status":")").append(word).append("\"}");
    reply.why = std::move(why);
    return reply;
  }
  [[nodiscard]] static Reply refusal(codec::ocpp::ErrorCode code, std::string why) {
    Reply reply;
    reply.error = code;
    reply.why = std::move(why);
    return reply;
  }
};

}  // namespace vfleet::pile::ocpp16
