#pragma once

#include <string>
#include <vector>

#include "simulator/codec/ocpp/message.h"

namespace vfleet::codec::ocpp {

/// A field in words.
struct FieldLine {
  std::string path;  ///< as an override names it, elements of arrays by the first: "meterValue.0.timestamp"
  std::string type;  ///< number, text, boolean, object, list
  std::string unit;  ///< empty when none
  std::string doc;   ///< "required; at most 20 characters: the tag that started it"
};

/// Every field of a request or response, nested ones behind what they stand in.
[[nodiscard]] std::vector<FieldLine> describe(const Object& object);

}  // namespace vfleet::codec::ocpp
