#pragma once

#include <optional>
#include <string_view>

namespace vfleet::config {

/// The offset of the first byte that is not UTF-8 text (NUL counts as none); nullopt when all is well. JSON
/// could not carry what this finds.
[[nodiscard]] std::optional<std::size_t> invalid_utf8(std::string_view text);

}  // namespace vfleet::config
