#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "devices/charging_pile/model/station.h"

/// The model's words as YKC's numbers.
namespace vfleet::pile::ykc {

/// State in 0x13: 0 offline (out of service), 1 fault, 2 idle, 3 charging.
[[nodiscard]] std::int64_t gun_state(const Connector& connector);
/// Fault flags in 0x13: bit n stands for number n. The station's and the connector's own.
[[nodiscard]] std::int64_t hardware_faults(const Station& station, ConnectorNumber number);
/// Stop reason of the bill; `fault`: what is wrong with the connector then.
[[nodiscard]] std::uint8_t stop_code(StopReason reason, std::optional<FaultCode> fault);
[[nodiscard]] std::int64_t battery_type(Chemistry chemistry);

/// What of 0x1D (the vehicle ends the charge) or 0x21 (the pile does) a stop sets.
struct Abort {
  std::uint8_t frame = 0;
  std::string_view flag;
};
[[nodiscard]] Abort abort_of(StopReason reason, std::optional<FaultCode> fault);

inline constexpr std::uint8_t kMoneyReached = 0x43;
inline constexpr std::uint8_t kNotReady = 0x64;  ///< start failed: charger not ready

/// Trade mark of the bill.
inline constexpr std::uint8_t kByApp = 1;
inline constexpr std::uint8_t kByCard = 2;
inline constexpr std::uint8_t kByOfflineCard = 4;
inline constexpr std::uint8_t kByVin = 5;

}  // namespace vfleet::pile::ykc
