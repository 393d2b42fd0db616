#pragma once

#include <string>
#include <string_view>

namespace vfleet::cli {

/// RFC 4648, with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);

}  // namespace vfleet::cli
