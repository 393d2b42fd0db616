#pragma once

#include <string>

namespace vfleet::cli {

/// "vfleet 0.1.0"
[[nodiscard]] inline std::string version_text() {
  return "vfleet " VFLEET_VERSION;
}

}  // namespace vfleet::cli
