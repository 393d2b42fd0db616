#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "devices/charging_pile/model/faults.h"
#include "devices/charging_pile/model/session.h"
#include "devices/charging_pile/model/tariff.h"
#include "simulator/core/time.h"

namespace vfleet::pile {

/// A connector that is kept for a card, or with connector 0 any one of them.
struct Reservation {
  int connector = 0;
  std::int32_t id = 0;
  CardNumber card;
  CardNumber parent;  ///< any card of this parent may use it too; empty: none
  TimePoint until;

  /// Capital letters do not count.
  [[nodiscard]] bool admits(std::string_view presented, std::string_view its_parent) const;
};

/// What became of the wish for a reservation.
enum class Reserved : std::uint8_t { accepted, faulted, occupied, rejected, unavailable };
[[nodiscard]] std::string_view to_string(Reserved outcome);

/// What a connector, or the whole station, may draw at most.
struct PowerLimit {
  enum class Unit : std::uint8_t { none, watts, amperes };
  Unit unit = Unit::none;
  std::uint8_t phases = 0;  ///< on so many phases at most; 0: as many as there are
  float value = 0;          ///< W in all, or A on each phase; 0 stops the flow

  [[nodiscard]] bool zero() const { return unit != Unit::none && !(value > 0); }
  [[nodiscard]] double watts() const { return unit == Unit::watts ? static_cast<double>(value) : kNoLimit; }
  [[nodiscard]] double amperes() const {
    return unit == Unit::amperes ? static_cast<double>(value) : kNoLimit;
  }
  /// Of a vehicle's phases, those that it may use.
  [[nodiscard]] int phases_of(int vehicles) const {
    return phases == 0 || phases > vehicles ? vehicles : phases;
  }
  friend bool operator==(const PowerLimit&, const PowerLimit&) = default;

  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();
};

/// Somebody comes and clears what broke by itself.
struct Repair {
  int connector = 0;
  FaultSet codes;
  TimePoint at = kNever;
};

/// What was ordered of a station, or waits to be done: few have any at one time.
struct Orders {
  std::vector<Reservation> reservations;
  std::vector<PowerLimit> limits;   ///< by connector, 0 the station; shorter than that: no limit
  std::optional<RateTable> tariff;  ///< of the platform, in place of the configured one
  std::vector<Repair> repairs;      ///< one a connector at most

  [[nodiscard]] bool empty() const {
    return reservations.empty() && limits.empty() && !tariff && repairs.empty();
  }
  [[nodiscard]] PowerLimit limit(int connector) const {
    const auto i = static_cast<std::size_t>(connector);
    return i < limits.size() ? limits[i] : PowerLimit{};
  }
  /// Null when the connector is not kept for anybody.
  [[nodiscard]] const Reservation* reservation_of(int connector) const;
  /// Reservations of connector 0.
  [[nodiscard]] int of_any_connector() const;
  [[nodiscard]] const Repair* repair_of(int connector) const;
  /// The earliest expiry or repair; kNever for none.
  [[nodiscard]] TimePoint next() const;
};

}  // namespace vfleet::pile
