#pragma once

#include <optional>
#include <string_view>

#include "simulator/config/schema.h"

namespace vfleet::config {

/// What to_string of each wrote; nullopt for other words.
[[nodiscard]] std::optional<Kind> kind_from(std::string_view name);
[[nodiscard]] std::optional<Effect> effect_from(std::string_view name);
[[nodiscard]] std::optional<Unit> unit_from(std::string_view name);

}  // namespace vfleet::config
