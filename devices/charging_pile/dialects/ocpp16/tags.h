#pragma once

#include <algorithm>
#include <string_view>

namespace vfleet::pile::ocpp16 {

/// Capital letters do not count in an idTag, nor in a name of a configuration key.
[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace vfleet::pile::ocpp16
