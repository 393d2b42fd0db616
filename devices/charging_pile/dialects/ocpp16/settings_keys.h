#pragma once

#include "devices/charging_pile/config.h"

namespace vfleet::pile::ocpp16 {

/// Describes the keys ocpp.*.
void add_keys(config::Struct<Front>& keys);

// Parts of it: profile_keys.cc.
void add_charging_keys(config::Struct<Front>& keys);
void add_local_list_keys(config::Struct<Front>& keys);
void add_maintenance_keys(config::Struct<Front>& keys);
void add_security_keys(config::Struct<Front>& keys);

}  // namespace vfleet::pile::ocpp16
