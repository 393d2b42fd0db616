#pragma once

#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet {

/// RFC 4648 section 4, with padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Errors: malformed (a character outside the alphabet, wrong padding or length).
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);

}  // namespace vfleet
