#pragma once

#include <string_view>

namespace vfleet::codec::mqtt {

/// A topic name for PUBLISH (§4.7): UTF-8, 1 .. 65,535 bytes, without wildcards.
[[nodiscard]] bool is_topic_name(std::string_view topic);

/// A topic filter for SUBSCRIBE (§4.7.1): '#' alone in the last level, '+' alone in a level.
/// "$share/NAME/..." passes when what follows does.
[[nodiscard]] bool is_topic_filter(std::string_view filter);

/// Whether `filter` selects `topic` (§4.7.1); wildcards at the front do not select topics that start with
/// '$'. A shared subscription matches by what follows its name.
[[nodiscard]] bool topic_matches(std::string_view filter, std::string_view topic);

}  // namespace vfleet::codec::mqtt
