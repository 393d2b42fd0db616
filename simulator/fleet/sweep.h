#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "simulator/bus/selector.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// Goes over the devices that a selector matches, in slices of at most `slice` a turn, so that reports stay
/// on time however many devices there are. Devices that come or go meanwhile are no trouble. `visit` returns
/// false to end early; `done` is called once, in a later turn or before sweep() returns.
void sweep(Shard& shard, bus::Selector selector, Duration slice, std::function<bool(Member&)> visit,
           std::function<void()> done);

}  // namespace vfleet::fleet
