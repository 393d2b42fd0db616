#pragma once

#include <string_view>

/// Every frame of V1.5 to V1.7 as lines of layout_text.h, by what they are about. Frames that are like others
/// stand behind these.
namespace vfleet::codec::ykc::tables {

[[nodiscard]] std::string_view link();
[[nodiscard]] std::string_view live();
[[nodiscard]] std::string_view charges();
[[nodiscard]] std::string_view bills();
[[nodiscard]] std::string_view upkeep();

}  // namespace vfleet::codec::ykc::tables
