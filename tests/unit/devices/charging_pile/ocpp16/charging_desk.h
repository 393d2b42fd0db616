#pragma once

#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/charging_requests.h"
#include "tests/unit/devices/charging_pile/ocpp16/date.h"

namespace vfleet::pile::ocpp16 {

/// An AC pile of two connectors: 22 kW and 32 A each on three phases of 230 V, 44 kW in all.
SupplyConfig ac_supply();

/// The charge point as far as its profiles matter. Every request and answer is checked against the schemas.
struct Desk {
  std::unique_ptr<ChargingProfiles> profiles;
  ChargingSettings settings;
  WallTime now = at("2026-03-02T08:00:00Z");  // a Monday
  std::vector<std::optional<RunningTransaction>> transactions{std::nullopt, std::nullopt, std::nullopt};
  SupplyConfig supply = ac_supply();

  ChargingDesk desk() { return {profiles, settings, now, transactions}; }
  /// SetChargingProfile.
  Reply set(ConnectorNumber connector, const nlohmann::json& profile);
  /// The same: the status of its answer, or the code of its error.
  std::string status(ConnectorNumber connector, const nlohmann::json& profile);
  /// ClearChargingProfile: the status of its answer.
  std::string clear(const nlohmann::json& request);
  /// GetCompositeSchedule: "A 08:00:00 for 3600: 0=16.0x3 600=8.0x1", or the status when it is not Accepted.
  std::string composite(ConnectorNumber connector, std::int64_t duration, std::string_view unit = "");
  /// The status of an answer.
  static std::string word(const Reply& reply);
};

/// A chargingSchedulePeriod of each {startPeriod, limit}.
nlohmann::json periods(std::initializer_list<std::pair<int, double>> list);
/// A csChargingProfiles of stack level 0, and the same with one thing changed.
nlohmann::json profile(int id, std::string_view purpose, std::string_view kind, const nlohmann::json& list,
                       std::string_view unit = "A");
nlohmann::json with(nlohmann::json profile, std::string_view path, nlohmann::json value);
nlohmann::json on_level(nlohmann::json profile, int level);
nlohmann::json starting(nlohmann::json profile, std::string_view time);
nlohmann::json lasting(nlohmann::json profile, int seconds);

}  // namespace vfleet::pile::ocpp16
