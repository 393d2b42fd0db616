#pragma once

#include <string>

namespace vfleet::cli {

/// "vfleet 0.1.0"
[[nodiscard]] inline std::string version_text() {
  return "vfleet " VFLEET_VERSION;
}

/// {"name":"vfleet","version":"0.1.0"}
[[nodiscard]] inline std::string version_json() {
  return "{\"name\": \"vfleet\", \"version\": \"" VFLEET_VERSION "\"}\n";
}

}  // namespace vfleet::cli
