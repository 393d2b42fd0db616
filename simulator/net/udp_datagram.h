#pragma once

#include "simulator/loop/event_loop.h"
#include "simulator/net/datagram.h"
#include "simulator/net/source_addresses.h"

namespace boost::asio {
class io_context;
}

namespace vfleet::net {

/// A real socket. `sources`: null or empty: the system chooses. All outlive it.
[[nodiscard]] DatagramPtr make_udp_datagram(boost::asio::io_context& context, const loop::EventLoop& loop,
                                            DatagramEvents& events, SourceAddresses* sources);

}  // namespace vfleet::net
