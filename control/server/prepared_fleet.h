#pragma once

#include "control/journal/journal.h"
#include "control/server/ordinals.h"
#include "simulator/config/catalogue.h"
#include "simulator/config/fleet_spec.h"

namespace vfleet::control::server {

/// A fleet that is ready to be taken: its devices have ordinals, its groups are rendered.
struct PreparedFleet {
  config::FleetSpec spec;
  journal::FleetText text;
};

/// Gives ordinals and renders. Errors: too_large, when a group cannot pass in one frame; invalid_argument.
[[nodiscard]] Result<PreparedFleet> prepare_fleet(config::FleetSpec spec, Ordinals& ordinals,
                                                  const config::Catalogue& keys);

/// The other way round. Errors: malformed, invalid_argument: it does not suit `keys`.
[[nodiscard]] Result<PreparedFleet> read_fleet(journal::FleetText text, const config::Catalogue& keys);

}  // namespace vfleet::control::server
