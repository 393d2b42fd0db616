#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>

#include "devices/charging_pile/dialects/ocpp16/charging_profiles.h"
#include "devices/charging_pile/dialects/ocpp16/composite_schedule.h"
#include "devices/charging_pile/dialects/ocpp16/profile_settings.h"
#include "devices/charging_pile/dialects/ocpp16/reply.h"

namespace vfleet::pile::ocpp16 {

/// What the requests of the SmartCharging profile work with. The profiles are null while there are none.
struct ChargingDesk {
  std::unique_ptr<ChargingProfiles>& profiles;
  const ChargingSettings& settings;
  WallTime now;
  /// By connector; [0] is nobody's. Their number says how many connectors there are.
  std::span<const std::optional<RunningTransaction>> transactions;

  [[nodiscard]] ConnectorNumber connectors() const {
    return static_cast<ConnectorNumber>(transactions.size()) - 1;
  }
};

// The payloads were found good by the message tables. Errata of OCPP 1.6: a connector that there is not is a
// PropertyConstraintViolation.
[[nodiscard]] Reply set_charging_profile(ChargingDesk desk, const nlohmann::json& request);
[[nodiscard]] Reply clear_charging_profile(ChargingDesk desk, const nlohmann::json& request);
[[nodiscard]] Reply get_composite_schedule(ChargingDesk desk, const SupplyConfig& supply,
                                           const nlohmann::json& request);

/// RemoteStartTransaction's chargingProfile, for the transaction that will begin on `connector`; it is gone
/// when the start comes to nothing (ChargingProfiles::end_transaction). Errors: invalid_argument, and nothing
/// has changed.
[[nodiscard]] Status keep_remote_profile(ChargingDesk desk, ConnectorNumber connector,
                                         const nlohmann::json& profile);

/// Makes the profiles the limits of the model: of each connector, and of the station. Sets
/// ChargingProfiles::look_at to when it has to be called again. `profiles` without any: no limits. `clock`:
/// the charge point's, by which schedules begin.
void limit_station(ChargingProfiles& profiles, Station& station, const Turn& turn, WallTime clock,
                   std::span<const std::optional<RunningTransaction>> transactions);

}  // namespace vfleet::pile::ocpp16
