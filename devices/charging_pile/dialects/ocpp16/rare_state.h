#pragma once

#include <chrono>
#include <memory>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/upkeep.h"

namespace vfleet::pile::ocpp16 {

/// What was read of save_rare(), until all of it is known to be good.
struct ChargePoint::Rare {
  std::chrono::microseconds clock_offset{0};
  std::unique_ptr<Upkeep> upkeep;
};

}  // namespace vfleet::pile::ocpp16
