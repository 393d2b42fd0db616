#pragma once

#include "simulator/codec/ocpp/message.h"

namespace vfleet::codec::ocpp::table {

/// What only charge points send, in the order of Action.
inline constexpr std::size_t kFromChargePointCount = 13;
extern const Message kFromChargePoint[kFromChargePointCount];

}  // namespace vfleet::codec::ocpp::table
