#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulator/config/fleet_spec.h"

namespace vfleet::cli::doctor {

/// What a fleet asks of the machine that it runs on.
struct Needs {
  struct Target {
    std::uint64_t connections = 0;
    std::uint64_t addresses = 1;  ///< that they come from
  };
  std::uint64_t devices = 0;
  std::uint64_t conversing = 0;  ///< of these, whose uplink carries a protocol of its own: ocpp, ykc
  std::uint64_t workers = 1;
  std::uint64_t connections = 0;          ///< of all devices
  std::uint64_t tls = 0;                  ///< of these, encrypted ones
  std::uint64_t handshakes = 0;           ///< of these, at most under way at once
  std::map<std::string, Target> targets;  ///< by HOST:PORT as it stands in the file
};

/// A device holds a connection of its own when its uplink has a url, unless it shares a pool.
[[nodiscard]] Needs needs_of(const config::FleetSpec& fleet, std::uint64_t workers);

}  // namespace vfleet::cli::doctor
