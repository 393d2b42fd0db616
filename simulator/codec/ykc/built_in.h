#pragma once

#include <span>
#include <string_view>

#include "simulator/codec/ykc/layout.h"

namespace vfleet::codec::ykc {

/// The layouts that need no file: "ykc" (every frame there is: for reading what comes from anywhere),
/// "ykc-1.5", "ykc-1.6" and "ykc-1.7".
[[nodiscard]] std::span<const std::string_view> built_in_names();

/// Null when there is none of that name. Made at the first call, never ends.
[[nodiscard]] const Layout* built_in(std::string_view name);

}  // namespace vfleet::codec::ykc
