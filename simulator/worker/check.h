#pragma once

#include <iosfwd>

#include "simulator/device/type.h"

namespace vfleet::worker {

/// `vfleet-worker --check`: judges the groups in `in`, JSON of one a line (docs/control-protocol.md, "A
/// group", with ordinals), and writes to `out` a line for each mistake,
/// {"line":1,"group":"dc","row":7,"path":"uplink.mqtt.topic","message":"..."} (`row` for groups with rows; an
/// empty path: of no single key), then {"line":1,"group":"dc","checked":true}. Opens no sockets.
void check_groups(std::istream& in, std::ostream& out, const device::DeviceRegistry& types);

}  // namespace vfleet::worker
