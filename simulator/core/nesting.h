#pragma once

#include <string_view>

namespace vfleet {

/// What a peer's JSON may nest. Copying and printing a tree recurse, so no peer may choose how deep.
inline constexpr int kJsonNestingMax = 64;

/// Whether the brackets of a JSON text nest at most `most` deep; those within strings do not count. To be
/// asked before it is parsed: whether it is JSON is not looked at.
[[nodiscard]] bool nests_at_most(std::string_view json, int most = kJsonNestingMax);

}  // namespace vfleet
