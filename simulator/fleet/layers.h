#pragma once

#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/fleet/effective.h"
#include "simulator/fleet/rules.h"

namespace vfleet::fleet {

/// What lies over a device's configuration: what operators set, and over that what the platform did.
struct Layers {
  config::Values overlay;
  config::Values platform;
};

/// The layers that a set or unset rule makes of a device's: an operator's word also goes over the platform's.
/// Errors: as lay_over.
[[nodiscard]] Result<Layers> changed_layers(const Rule& rule, const Group& group,
                                            const EffectiveConfig& config);

/// Takes out of the platform's layer what a set or unset rule is about.
void forget_paths(const Rule& rule, const Group& group, config::Values& platform);

}  // namespace vfleet::fleet
