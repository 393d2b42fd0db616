#pragma once

#include <memory>

#include "simulator/device/type.h"

namespace vfleet::test {

/// A device type made for tests of the engine. Reports: `beat` (scheduled), `pair` (scheduled, per channel),
/// `poked` (after the action `poke`). Keys: reports.beat.*, reports.pair.*, gain (0..10), channels (boot),
/// site (connection). Actions: poke (times: 1..100), break (durable), mend (durable). States: pokes, gain,
/// broken.
[[nodiscard]] std::unique_ptr<device::DeviceType> make_probe();

}  // namespace vfleet::test
