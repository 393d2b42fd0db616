#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "simulator/platform/converse_settings.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/snapshot.h"
#include "simulator/platform/stream/protocol.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform {

/// The roles that converse: one CSMS and one platform of YKC, each on a plain port, on one with TLS, or both.
class Conversing {
 public:
  enum class Port : std::uint8_t { ocpp, ocpps, ykc, ykcs };

  /// Which of the processes that share a platform this is.
  struct Process {
    std::uint32_t index = 0;
    std::uint32_t count = 1;
  };

  /// All outlive it.
  Conversing(loop::AsioLoop& loop, Platform& platform, const ConverseSettings& settings, Process process);
  ~Conversing();

  /// What clients of this port talk to. `server` makes its server; both end before this.
  void serve(Port port, const std::function<stream::Server&(stream::Protocol&)>& server);
  /// Of the ports that are served.
  void add_counters(Counters& out) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::platform
