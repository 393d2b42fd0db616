#pragma once

#include <cstdint>
#include <memory>

#include "devices/charging_pile/model/faults.h"
#include "devices/charging_pile/model/metering.h"
#include "devices/charging_pile/model/session.h"
#include "devices/charging_pile/model/status.h"

namespace vfleet::pile {

/// One outlet: small when nobody uses it, which is most of the time.
struct Connector {
  Meter meter;
  std::uint32_t sessions = 0;  ///< so far; the number of the present or the last one
  FaultSet faults;
  ConnectorStatus status = ConnectorStatus::available;
  bool disabled = false;         ///< out of service, also while a fault hides that; in a session: after it
  std::unique_ptr<Visit> visit;  ///< null when nobody uses it

  [[nodiscard]] bool plugged() const { return visit != nullptr && visit->plugged; }
  [[nodiscard]] bool active() const { return visit != nullptr && visit->active; }
};

}  // namespace vfleet::pile
