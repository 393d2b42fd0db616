#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::bus {
class ZmqContext;
}
namespace vfleet::loop {
class EventLoop;
}
namespace vfleet::net {
class Network;
}

namespace vfleet::uplink {

/// All that an uplink gets of its worker. What it points at outlives the uplink.
struct UplinkEnvironment {
  loop::EventLoop& loop;            ///< clock, timers, executor
  net::Network* network = nullptr;  ///< streams, name lookup, shared connection pacing; null: no sockets here
  std::uint64_t seed = 0;           ///< the fleet's
  bus::ZmqContext* zmq = nullptr;   ///< the process's; null: an uplink that needs one makes its own
  std::uint32_t shard = 0;          ///< which worker of the fleet this is, from 0
  std::uint32_t shards = 1;         ///< how many there are
  std::function<void(std::string_view text)> warn = {};  ///< a line for the worker's log; may be empty
  bool judging = false;  ///< uplinks are made to see whether they can be: nothing is opened
};

/// Something that an operator may do to the links of a kind, by the same verb as a device's actions.
struct LinkAction {
  std::string name;  ///< "KIND.WORD": names of device actions have no dot
  std::string doc;
  std::vector<config::Key> args;  ///< flat paths
};

/// A way to reach a platform, described: `uplink.NAME.*` are its settings.
struct UplinkKind {
  std::string name;
  std::string doc;
  config::Schema schema;  ///< paths without the "uplink.NAME." prefix
  std::vector<LinkAction> actions = {};
  std::string identity = {};  ///< path of the text by which the platform tells devices apart; empty: none
  /// `values`: paths as in `schema`; what is missing has its default. `owner` outlives the uplink. Errors:
  /// invalid_argument with every mistake; unavailable when the environment lacks what this kind needs.
  std::function<Result<std::unique_ptr<Uplink>>(const UplinkEnvironment& environment,
                                                const config::Values& values, LinkOwner& owner)>
      make;

  [[nodiscard]] const LinkAction* action(std::string_view wanted) const {
    for (const LinkAction& each : actions) {
      if (each.name == wanted) return &each;
    }
    return nullptr;
  }
};

}  // namespace vfleet::uplink
