#pragma once

#include "simulator/codec/mqtt/misbehaviour.h"
#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Each device is an MQTT client with a connection of its own: reports are published, and what comes on its
/// topics are commands.
[[nodiscard]] UplinkKind mqtt_uplink();

/// The same with clients that break the rules as `misbehaviour` says; it outlives the uplink.
[[nodiscard]] Result<std::unique_ptr<Uplink>> make_misbehaving_mqtt(const UplinkEnvironment& environment,
                                                                    const config::Values& values,
                                                                    LinkOwner& owner,
                                                                    codec::mqtt::Misbehaviour& misbehaviour);

}  // namespace vfleet::uplink
