#pragma once

#include "simulator/core/time.h"

namespace vfleet::platform {

/// When the platform does not listen to its devices: see MisbehaviourSettings::pause_ms.
class Pauses {
 public:
  virtual ~Pauses() = default;
  /// Until when it pauses now; TimePoint::min() when it does not.
  [[nodiscard]] virtual TimePoint paused_until(TimePoint now) const = 0;
};

}  // namespace vfleet::platform
