#pragma once

#include <string>
#include <vector>

#include "simulator/codec/ocpp/error_code.h"
#include "simulator/codec/ocpp/message.h"

namespace vfleet::test {

/// A valid payload: the required fields alone, or all that there are, at their limits.
[[nodiscard]] std::string minimal_example(const codec::ocpp::Object& object);
[[nodiscard]] std::string maximal_example(const codec::ocpp::Object& object);

/// The maximal example with one mistake.
struct Mistake {
  std::string name;  ///< "meterValue.0.timestamp: no date-time"
  std::string path;  ///< what validate() blames
  codec::ocpp::ErrorCode code;
  std::string payload;
  bool limit = false;  ///< only the text of the standard forbids it, not its schemas
};

/// Every kind of mistake in every field, nested ones included.
[[nodiscard]] std::vector<Mistake> mistakes(const codec::ocpp::Object& object);

}  // namespace vfleet::test
