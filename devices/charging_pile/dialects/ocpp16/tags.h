#pragma once

#include "simulator/core/ascii.h"

namespace vfleet::pile::ocpp16 {

/// Capital letters do not count in an idTag, nor in a name of a configuration key.
[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) {
  return same_but_for_case(a, b);
}

}  // namespace vfleet::pile::ocpp16
