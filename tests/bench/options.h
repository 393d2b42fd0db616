#pragma once

#include <string>

namespace vfleet::bench {

/// The value after `name` in the arguments, or `fallback`.
[[nodiscard]] inline std::string option(int argc, char** argv, const std::string& name,
                                        const std::string& fallback) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == name) return argv[i + 1];
  }
  return fallback;
}

}  // namespace vfleet::bench
