#pragma once

#include "control/server/core.h"

namespace vfleet::control::server {

/// Gives `core` its first fleet, and the journal what a first life begins with. Errors: too_large (a group);
/// and as Journal::begin().
[[nodiscard]] Status begin(Core& core, config::FleetSpec fleet);

/// Brings `core` to where the last control was: desired state, ordinals, known commands. `file` is
/// what the fleet file says now; it takes effect by a reload afterwards. Errors: malformed (the journal's
/// fleet cannot be read), rejected (a running fleet cannot follow the file; every reason, a line each).
[[nodiscard]] Status restore(Core& core, const journal::Restored& restored, const config::FleetSpec& file);

}  // namespace vfleet::control::server
