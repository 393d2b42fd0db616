#pragma once

#include <cstdint>

#include "simulator/core/time.h"

namespace vfleet::pile {

inline constexpr int kConnectorsMax = 16;

enum class SupplyKind : std::uint8_t { ac, dc };

/// What the pile can give and how a session runs.
struct SupplyConfig {
  SupplyKind kind = SupplyKind::dc;
  std::int32_t connectors = 2;
  double rated_power_w = 120e3;
  double power_limit = 1;            ///< part of rated power that may be used
  double connector_power_w = 0;      ///< 0: the whole station
  double connector_current_a = 250;  ///< on each phase
  std::int32_t phases = 3;           ///< of an AC pile
  double grid_voltage_v = 230;       ///< of an AC pile, phase to neutral
  double voltage_ripple = 0.01;      ///< full width of the fluctuation
  double min_power_w = 600;          ///< a connector that would get less gets nothing
  double efficiency = 0.94;          ///< of delivered energy, the part that reaches the battery
  double taper_floor = 0.03;         ///< part of maximum power at a full battery
  bool stop_when_full = true;
  bool plug_and_charge = false;
  Duration connect_timeout{0};    ///< an authorisation without a cable lapses after this
  Duration preparing_timeout{0};  ///< a cable without an authorisation is finishing after this; 0: never
  bool end_on_unplug = true;      ///< false: the session is suspended until the cable is back
  bool end_on_fault = true;       ///< false: the session goes on when the fault is cleared
  bool lock_cable = false;        ///< AC, a session that the cable ends: the pile keeps its end of the cable
  bool strict_status = false;     ///< only the moves that OCPP 1.6 allows
};

}  // namespace vfleet::pile
