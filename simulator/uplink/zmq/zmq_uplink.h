#pragma once

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// Every report is one message of one frame on a PUSH socket that all links of the worker share. A link is up
/// as soon as it is opened; a report counts as acknowledged when ZeroMQ has taken it, whether or not the
/// platform is there: up to `hwm` reports wait for it. Needs the real loop.
[[nodiscard]] UplinkKind zmq_uplink();

}  // namespace vfleet::uplink
