#pragma once

#include <string>
#include <string_view>

#include "simulator/core/ascii.h"

namespace vfleet {

/// A device id with every run of digits as '#': "site3-pile-00042" is "site#-pile-#". The devices of a group
/// have the same one, so who sees only ids can tell groups apart, and there are few of them.
[[nodiscard]] inline std::string id_stem(std::string_view id) {
  std::string out;
  bool digits = false;
  for (const char c : id) {
    const bool digit = is_digit(c);
    if (!digit) out += c;
    if (digit && !digits) out += '#';
    digits = digit;
  }
  return out;
}

}  // namespace vfleet
