#pragma once

#include "simulator/config/catalogue.h"

namespace vfleet::config {

/// Two made-up types, `pile` and `cam`, and the uplinks `http` and `null`: a key of every kind.
[[nodiscard]] Catalogue sample_catalogue();

}  // namespace vfleet::config
