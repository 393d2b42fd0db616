#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// "mqtt.misbehave": the rules that an operator can make a device's client break, of MQTT and of its stream.
/// MqttLink::act() performs it.
[[nodiscard]] LinkAction mqtt_misbehaviour();

}  // namespace vfleet::uplink
