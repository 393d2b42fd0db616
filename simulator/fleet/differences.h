#pragma once

#include <string>
#include <vector>

#include "simulator/fleet/rules.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// Something that a device should be and is not.
struct Difference {
  /// A key of the configuration; `link`, `schedule` or `device`; "action NAME" of one that should hold.
  std::string path;
  std::string desired;
  std::string reported;
  std::string reason;          ///< why, or what to wait for
  std::uint64_t revision = 0;  ///< that asked for it; 0: the fleet file
};

/// Compares what groups and rules say, computed anew, with what the device runs with. Secrets are masked.
[[nodiscard]] std::vector<Difference> differences(Shard& shard, const RuleBook& rules, Member& member);

/// The same of a device that this shard should host and does not.
[[nodiscard]] Difference absence(Shard& shard, const RuleBook& rules, const Group& group,
                                 std::uint32_t index);

}  // namespace vfleet::fleet
