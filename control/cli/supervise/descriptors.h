#pragma once

#include <cstdint>

#include "control/cli/failure.h"
#include "simulator/config/fleet_spec.h"

/// Open descriptors: an uplink that keeps a connection for each device needs one of them a device.
namespace vfleet::cli {

/// Descriptors of a worker that are not devices' connections: sockets of the bus, pipes, files, some air.
inline constexpr std::uint64_t kOtherDescriptors = 64;

/// Devices of the fleet that hold a connection of their own.
[[nodiscard]] std::uint64_t connections_of(const config::FleetSpec& fleet);

/// Workers needed for `connections` when a process may open `limit` descriptors; 0 when no number is enough.
[[nodiscard]] std::uint64_t workers_needed(std::uint64_t connections, std::uint64_t limit);

/// Fails (usage), saying how many workers are needed, when `workers` cannot open that many.
[[nodiscard]] Outcome<void> check_descriptors(std::uint64_t connections, std::uint64_t workers,
                                              std::uint64_t limit);

/// A group that needs more connections to its server than its source addresses have ports: what to do about
/// it, or nothing. `ports`: of one address (see local_ports()).
[[nodiscard]] Outcome<void> check_ports(const config::FleetSpec& fleet, std::uint64_t ports);

/// How many ports the system gives to connections of one address.
[[nodiscard]] std::uint64_t local_ports();

/// The hard limit of this process, which its children inherit and raise their own limit to.
[[nodiscard]] std::uint64_t descriptor_limit();

/// Lets this process open as many as the hard limit allows: it holds two for each child.
void raise_descriptor_limit();

}  // namespace vfleet::cli
