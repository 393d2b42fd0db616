#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/charging_profile.h"

namespace vfleet::pile::ocpp16 {

/// What profiles let a connector, or the whole charge point, draw.
struct ChargingCap {
  bool any = false;  ///< false: no profile applies
  RateUnit unit = RateUnit::amperes;
  std::int32_t limit = 0;            ///< as SchedulePeriod
  std::int32_t min_rate = 0;         ///< as ChargingProfile
  std::uint8_t phases = 0;           ///< as SchedulePeriod
  WallTime until = WallTime::max();  ///< no change before

  [[nodiscard]] PowerLimit power_limit() const;
};

/// A transaction that runs.
struct RunningTransaction {
  std::int64_t id = -1;  ///< the CSMS's; -1: not known yet
  WallTime begun;
};

/// Which profiles ClearChargingProfile means. `id` given: the others do not count; none given: all.
struct ProfileFilter {
  std::optional<std::int64_t> id;
  std::optional<std::int64_t> connector;
  std::optional<ProfilePurpose> purpose;
  std::optional<std::int64_t> stack_level;
};

/// The charging profiles of one charge point. Within a purpose the highest stack level that applies holds;
/// a TxProfile goes before TxDefaultProfiles, and one of these on the connector before those on connector 0.
class ChargingProfiles {
 public:
  /// Takes the place of the one with its id, and of the one with its connector, purpose and stack level.
  void put(ChargingProfile profile);
  /// How many put() would remove.
  [[nodiscard]] std::size_t replaced_by(const ChargingProfile& profile) const;
  /// How many there were.
  std::size_t clear(const ProfileFilter& filter);
  /// The transaction on `connector` is over, and with it its TxProfiles.
  void end_transaction(ConnectorNumber connector);

  /// ChargePointMaxProfiles: of all connectors together.
  [[nodiscard]] ChargingCap whole(WallTime t) const;
  /// Of a connector by itself. `charging_since`: the start of its transaction; nullopt: none.
  [[nodiscard]] ChargingCap connector(ConnectorNumber number, WallTime t,
                                      std::optional<WallTime> charging_since) const;

  /// Whether there is a TxProfile of that connector.
  [[nodiscard]] bool of_transaction(ConnectorNumber connector) const;
  [[nodiscard]] std::size_t size() const { return profiles_.size(); }
  [[nodiscard]] bool empty() const { return profiles_.empty(); }
  [[nodiscard]] std::span<const ChargingProfile> all() const { return profiles_; }

  /// When the limits of the model have to be looked at again; the owner's.
  TimePoint look_at = TimePoint::min();

  /// Writes what restore() needs and returns how long that is; 0 when it does not fit.
  [[nodiscard]] std::size_t save(std::span<std::byte> out) const;
  /// In place of what is here. Any bytes; false when they are not of save(), nothing having changed.
  bool restore(std::span<const std::byte> saved);

 private:
  [[nodiscard]] static bool takes_place(const ChargingProfile& profile, const ChargingProfile& of);
  /// Looks through the stack; `cap.until` becomes the earliest time at which it may change.
  void look(ProfilePurpose purpose, ConnectorNumber number, WallTime t,
            std::optional<WallTime> charging_since, ChargingCap& cap) const;

  std::vector<ChargingProfile> profiles_;  // the highest stack level first
};

}  // namespace vfleet::pile::ocpp16
