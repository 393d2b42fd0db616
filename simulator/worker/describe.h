#pragma once

#include <string>

#include "simulator/device/type.h"

namespace vfleet::worker {

/// What this worker can simulate: {"version","types":[...],"uplinks":[...]}. Printed by --describe; `vfleet
/// validate` reads it when no fleet runs, and control compares it when a worker joins.
[[nodiscard]] std::string describe(const device::DeviceRegistry& types, std::string_view version);

/// The types alone, as the join message carries them.
[[nodiscard]] std::string describe_types(const device::DeviceRegistry& types);

}  // namespace vfleet::worker
