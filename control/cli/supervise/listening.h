#pragma once

#include <cstdint>
#include <string>

namespace vfleet::cli {

/// Whether somebody takes TCP connections at HOST:PORT, a number and not a name. Waits 200 ms at most.
[[nodiscard]] bool takes_connections(const std::string& host, std::uint16_t port);

}  // namespace vfleet::cli
