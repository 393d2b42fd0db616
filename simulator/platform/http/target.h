#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vfleet::platform::http {

/// A request's target, taken apart: "/devices/pile%201?limit=5" is {"devices","pile 1"} and {{"limit","5"}}.
struct Target {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
};

/// nullopt when an escape is broken.
[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

/// "%41" -> "A", and with `plus_is_space` "+" -> " "; nullopt when an escape is broken.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace vfleet::platform::http
