#pragma once

#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::bus {

/// Where a control that listens on tcp:// is reached.
struct ControlEndpoints {
  std::string operators;  ///< the port that people name
  std::string publish;    ///< the next
  std::string workers;    ///< the one after
};

/// From "tcp://HOST:PORT". Errors: invalid_argument.
[[nodiscard]] Result<ControlEndpoints> control_endpoints(std::string_view control);

}  // namespace vfleet::bus
