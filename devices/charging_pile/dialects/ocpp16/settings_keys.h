#pragma once

#include "devices/charging_pile/config.h"

namespace vfleet::pile::ocpp16 {

/// Describes the keys ocpp.*.
void add_keys(config::Struct<Front>& keys);

}  // namespace vfleet::pile::ocpp16
