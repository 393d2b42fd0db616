#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "devices/charging_pile/model/station.h"

namespace vfleet::pile::ocpp16 {

/// What StatusNotification says of a connector.
struct Shown {
  static constexpr std::uint8_t kNoFault = 0xff;
  static constexpr std::uint8_t kResetFailure = 0xfe;  ///< a reset that did not succeed
  static constexpr std::uint8_t kListConflict = 0xfd;  ///< the CSMS says other of a tag than the local list
  ConnectorStatus status = ConnectorStatus::available;
  std::uint8_t fault = kNoFault;  ///< FaultCode
  bool cable_out = false;         ///< of a session that goes on without its vehicle

  friend bool operator==(const Shown&, const Shown&) = default;
  [[nodiscard]] std::uint16_t packed() const {
    return static_cast<std::uint16_t>(static_cast<unsigned>(status) | (cable_out ? 0x80U : 0U) |
                                      static_cast<unsigned>(fault) << 8);
  }
  [[nodiscard]] static Shown unpack(std::uint32_t bits) {
    return {static_cast<ConnectorStatus>(bits & 0x7f), static_cast<std::uint8_t>(bits >> 8 & 0xff),
            (bits & 0x80) != 0};
  }
};

/// Now; connector 0 is Faulted or Unavailable when every connector is.
[[nodiscard]] Shown shown(const Station& station, ConnectorNumber connector);

/// As ChargePointStatus, ChargePointErrorCode and Reason have it.
[[nodiscard]] std::string_view status_word(ConnectorStatus status);
[[nodiscard]] std::string_view error_word(const Shown& shown);

enum class Reason : std::uint8_t {
  Local,
  Remote,
  EVDisconnected,
  EmergencyStop,
  Reboot,
  PowerLoss,
  Other,
  HardReset,
  SoftReset,
  UnlockCommand,
  DeAuthorized,
};
[[nodiscard]] std::string_view to_string(Reason reason);
[[nodiscard]] Reason reason_of(StopReason reason);

}  // namespace vfleet::pile::ocpp16
