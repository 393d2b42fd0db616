#pragma once

#include <string_view>

#include "simulator/uplink/stream_hub.h"

namespace vfleet::uplink {

/// Tells the worker's log, at most once a minute, that what answered is no server of `protocol` ("MQTT"), and
/// how it began: people see by that which port they took.
void tell_strange_answer(StreamHub& hub, std::string_view protocol, std::string_view bytes);

}  // namespace vfleet::uplink
