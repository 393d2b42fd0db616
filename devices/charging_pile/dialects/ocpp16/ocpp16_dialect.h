#pragma once

#include "devices/charging_pile/dialect.h"

namespace vfleet::pile {

/// OCPP 1.6J. Every pile has a conversation of its own (ocpp16::ChargePoint).
[[nodiscard]] const Dialect& ocpp16_dialect();

}  // namespace vfleet::pile
