#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "devices/charging_pile/model/station.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::pile::ocpp16 {

enum class ProfilePurpose : std::uint8_t { charge_point_max, tx_default, tx };
enum class RateUnit : std::uint8_t { amperes, watts };

struct SchedulePeriod {
  std::uint32_t start_s = 0;  ///< from the start of the schedule
  std::int32_t limit = 0;     ///< tenths of A on each phase, or of W in all
  std::uint8_t phases = 0;    ///< 0: not told, which means three

  friend bool operator==(const SchedulePeriod&, const SchedulePeriod&) = default;
};

/// A ChargingProfile as it is kept. An absolute one without startSchedule counts from the start of charging,
/// as a relative one does (OCPP 1.6, 7.13); a ChargePointMaxProfile, from when it was set.
struct ChargingProfile {
  enum class Kind : std::uint8_t { absolute, recurring, relative };

  std::int64_t id = 0;
  std::uint32_t stack_level = 0;
  ConnectorNumber connector = 0;
  ProfilePurpose purpose = ProfilePurpose::tx_default;
  Kind kind = Kind::absolute;
  RateUnit unit = RateUnit::amperes;
  std::uint32_t recurs_s = 0;  ///< of a recurring one: a day or a week
  std::int32_t min_rate = 0;   ///< minChargingRate, as SchedulePeriod::limit; 0: not told
  std::optional<std::uint32_t> duration_s;
  WallTime start;  ///< of an absolute or recurring one
  WallTime valid_from = WallTime::min();
  WallTime valid_to = WallTime::max();  ///< from then on it is not valid
  std::vector<SchedulePeriod>
      periods;  ///< at least one; the first starts at 0, each later than the one before

  friend bool operator==(const ChargingProfile&, const ChargingProfile&) = default;

  /// What a profile says of one time.
  struct Says {
    const SchedulePeriod* period = nullptr;  ///< null: it does not apply then
    WallTime until = WallTime::max();        ///< the same until then, at least
  };
  /// `charging_since`: the start that a relative profile counts from; nullopt: there is none yet, and its
  /// first period holds.
  [[nodiscard]] Says at(WallTime t, std::optional<WallTime> charging_since) const;
};

/// A profile as it came, and the transaction that it is for.
struct WishedProfile {
  ChargingProfile profile;
  std::optional<std::int64_t> transaction;
};

/// Of a payload's chargingProfile that the message tables found good. `now`: see ChargingProfile. Errors:
/// invalid_argument: what is in it contradicts itself.
[[nodiscard]] Result<WishedProfile> read_charging_profile(const nlohmann::json& json,
                                                          ConnectorNumber connector, WallTime now);

/// A word of ChargingProfilePurposeType; nullopt for an empty one.
[[nodiscard]] std::optional<ProfilePurpose> profile_purpose(std::string_view word);

}  // namespace vfleet::pile::ocpp16
