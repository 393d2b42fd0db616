#pragma once

#include "simulator/codec/ocpp/message.h"

namespace vfleet::codec::ocpp::table {

/// What the CSMS sends, DataTransfer of both first, in the order of Action.
inline constexpr std::size_t kFromCentralSystemCount = 26;
extern const Message kFromCentralSystem[kFromCentralSystemCount];

}  // namespace vfleet::codec::ocpp::table
