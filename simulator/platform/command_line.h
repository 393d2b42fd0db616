#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "simulator/platform/service.h"
#include "simulator/platform/stream/tls.h"

namespace vfleet::platform {

/// What vfleet-platform is started with, as it was said: durations and settings are not read yet.
struct CommandLine {
  std::array<std::string, kRoles.size()> addresses;  ///< by Role; empty: not served
  std::string zmq;
  stream::TlsFiles tls;
  std::string ca_file;
  std::string framing = "lines";
  bool no_acks = false;
  bool udp_acks = false;
  bool any_payload = false;
  std::string token;
  std::string token_expires = "1h";
  std::string settings;
  std::size_t processes = 1;
  std::string port_file;
  std::string idle_timeout = "15min";
  std::size_t connections_max = stream::Limits{}.connections_max;
  std::size_t devices_max = StoreLimits{}.devices_max;
  std::uint64_t seed = 1;
  bool quiet = false;
  bool json = false;

  CommandLine() { addresses[0] = "127.0.0.1:8080"; }
};

/// The framing of --framing.
[[nodiscard]] codec::framing::Kind framing_of(const CommandLine& options);

/// The words of main(). Nullopt when there is nothing to run: `status` is then what the process ends with,
/// and why, or the help, has been printed.
[[nodiscard]] std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status);

}  // namespace vfleet::platform
