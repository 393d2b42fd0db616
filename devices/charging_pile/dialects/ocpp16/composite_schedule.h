#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/charging_profiles.h"
#include "devices/charging_pile/model/supply.h"
#include "simulator/codec/json/writer.h"

namespace vfleet::pile::ocpp16 {

/// What a connector, or the whole pile, can give by its rating; and the volts and phases that turn W into A
/// and back. Of a DC pile: one phase, and the volts at which both ratings are reached.
struct Rating {
  double watts = 0;
  double amperes = 0;  ///< on each phase
  double volts = 230;
  int phases = 3;
  bool dc = false;

  [[nodiscard]] static Rating of(const SupplyConfig& supply, ConnectorNumber connector);
  /// `phases`: as SchedulePeriod. Both ways: W = A x V x phases.
  [[nodiscard]] double to_watts(double amperes, int phases) const;
  [[nodiscard]] double to_amperes(double watts, int phases) const;
};

/// What all profiles together allow from `start` on: the least of ChargePointMaxProfile, the connector's own
/// and its rating. Of the whole charge point: what its connectors may draw by themselves, added up, where
/// that is less than its rating and its ChargePointMaxProfile.
struct CompositeSchedule {
  WallTime start;  ///< a whole second
  std::uint32_t duration_s = 0;
  RateUnit unit = RateUnit::amperes;
  std::int32_t min_rate = 0;            ///< minChargingRate, as SchedulePeriod::limit; 0: none
  std::vector<SchedulePeriod> periods;  ///< phases 0: of a DC pile
};

struct CompositeWish {
  ConnectorNumber connector = 0;  ///< 0: the whole charge point
  WallTime now;
  std::uint32_t duration_s = 0;  ///< more than a year is cut off
  std::optional<RateUnit> unit;  ///< nullopt: that of the profile that holds now
  /// By connector; one that runs none, or is not there, is as if a transaction began now.
  std::span<const std::optional<RunningTransaction>> transactions;
  std::size_t periods_most = 1;  ///< a schedule with more of them ends earlier
};

/// `profiles`: null: there are none. Takes some milliseconds at most: of a set that changes too often it ends
/// earlier.
[[nodiscard]] CompositeSchedule compose(const ChargingProfiles* profiles, const SupplyConfig& supply,
                                        const CompositeWish& wish);

/// The payload of GetCompositeSchedule's answer.
void write_composite(codec::json::Writer& writer, ConnectorNumber connector,
                     const CompositeSchedule& schedule);

}  // namespace vfleet::pile::ocpp16
