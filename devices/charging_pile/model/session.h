#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "devices/charging_pile/model/faults.h"
#include "devices/charging_pile/model/metering.h"
#include "devices/charging_pile/model/tariff.h"
#include "devices/charging_pile/model/vehicle.h"
#include "simulator/core/time.h"

namespace vfleet::pile {

enum class StartedBy : std::uint8_t { nobody, card, local, remote, cable };

enum class StopReason : std::uint8_t {
  none,
  local,  ///< stop at the pile
  card,   ///< the card was swiped again
  remote,
  ev_disconnected,  ///< unplugged
  battery_full,
  target_reached,  ///< state of charge or energy
  fault,
  emergency_stop,
  reboot,
  power_loss,
  de_authorized,  ///< the platform does not accept the card, though the session began
  unlock,         ///< the platform unlocked the connector
  hard_reset,
  soft_reset,
};

[[nodiscard]] std::string_view to_string(StartedBy by);
[[nodiscard]] std::string_view to_string(StopReason reason);

/// Up to 20 bytes of UTF-8, as OCPP's idTag.
class CardNumber {
 public:
  static constexpr std::size_t kMax = 20;
  CardNumber() = default;
  /// Cuts what is longer, between two characters.
  explicit CardNumber(std::string_view text);
  [[nodiscard]] std::string_view view() const;
  friend bool operator==(const CardNumber&, const CardNumber&) = default;

 private:
  std::array<char, kMax> text_{};
};

/// When the session shall end by itself. 0: no limit but the full battery.
struct SessionLimits {
  double target_soc = 0;  ///< 0..1
  double energy_wh = 0;
};

/// What exists while somebody uses a connector: from the cable or the card to the last of them gone.
struct Visit {
  // The cable.
  Vehicle vehicle;
  bool plugged = false;      ///< a session may outlive it: SupplyConfig::end_on_unplug
  bool driver = false;       ///< came by itself: swipes and leaves by itself
  bool turned_away = false;  ///< a driver whose card was not accepted, or that wants nothing: leaves next
  // The authorisation and the session.
  bool authorized = false;                    ///< waits for the cable
  bool active = false;                        ///< a session runs
  bool suspended = false;                     ///< it runs, but the pile shall give nothing
  bool charged = false;                       ///< a session began since the cable came
  bool reserved = false;                      ///< `reservation` is what its card has or had
  FaultCode mishap = FaultCode::other_error;  ///< what breaks at mishap_at
  StartedBy started_by = StartedBy::nobody;
  std::uint16_t target_permille = 0;
  float energy_limit_wh = 0;
  std::uint32_t arrival = 0;     ///< the station's how-manieth vehicle
  std::int32_t reservation = 0;  ///< its id
  CardNumber card;
  std::array<std::uint32_t, kPeriods> booked{};  ///< energy by period, as far as committed
  std::int64_t plug_register_uwh = 0;            ///< where vehicle.start_wh was true
  std::int64_t start_register_uwh = 0;
  TimePoint started;
  WallTime started_wall;
  std::uint32_t boot = 0;        ///< the life in which the session began, if not this one: its id names it
  TimePoint act_at = kNever;     ///< the driver's next deed, or the end of the pile's patience
  TimePoint mishap_at = kNever;  ///< during the session something breaks

  /// Energy in the battery when the register shows `register_uwh`; at most full.
  [[nodiscard]] double battery_wh(std::int64_t register_uwh, double efficiency) const {
    const double delivered = static_cast<double>(register_uwh - plug_register_uwh) * 1e-6;
    return std::min(static_cast<double>(vehicle.start_wh) + delivered * efficiency,
                    static_cast<double>(vehicle.battery_wh));
  }
  [[nodiscard]] double soc(std::int64_t register_uwh, double efficiency) const {
    return plugged ? battery_wh(register_uwh, efficiency) / static_cast<double>(vehicle.battery_wh) : 0;
  }
  /// What may still be delivered before the session ends by itself, in Wh at the connector, and what ends it
  /// then.
  struct Remaining {
    double wh = 0;
    StopReason reason = StopReason::battery_full;
  };
  [[nodiscard]] Remaining remaining(std::int64_t register_uwh, double efficiency) const;
};

}  // namespace vfleet::pile
