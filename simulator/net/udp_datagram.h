#pragma once

#include "simulator/loop/event_loop.h"
#include "simulator/net/datagram.h"
#include "simulator/net/readiness_set.h"
#include "simulator/net/source_addresses.h"

namespace vfleet::net {

/// A real socket. `sources`: null or empty: the system chooses. All outlive it.
[[nodiscard]] DatagramPtr make_udp_datagram(ReadinessSet& readiness, const loop::EventLoop& loop,
                                            DatagramEvents& events, SourceAddresses* sources);

}  // namespace vfleet::net
