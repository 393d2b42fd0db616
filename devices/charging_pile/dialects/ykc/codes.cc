#include "devices/charging_pile/dialects/ykc/codes.h"

namespace vfleet::pile::ykc {
namespace {

// Number of the flag; 0: there is none, only the state tells.
int flag_of(FaultCode code) {
  switch (code) {
    case FaultCode::emergency_stop:
      return 1;
    case FaultCode::internal_error:
      return 2;  // no rectifier module
    case FaultCode::over_temperature:
      return 3;
    case FaultCode::over_voltage:
      return 4;  // AC arrester
    case FaultCode::insulation_fault:
    case FaultCode::ground_fault:
      return 6;
    case FaultCode::meter_failure:
      return 7;
    case FaultCode::reader_failure:
      return 8;
    case FaultCode::fan_failure:
      return 10;
    case FaultCode::over_current:
      return 11;  // DC fuse
    case FaultCode::power_switch_failure:
      return 12;
    case FaultCode::door_open:
      return 13;
    default:
      return 0;
  }
}

std::uint8_t stop_code(FaultCode fault) {
  switch (fault) {
    case FaultCode::over_temperature:
    case FaultCode::fan_failure:
      return 0x74;
    case FaultCode::ground_fault:
    case FaultCode::under_voltage:
      return 0x6F;  // AC protection
    case FaultCode::insulation_fault:
      return 0x70;  // DC protection
    case FaultCode::over_current:
      return 0x7A;
    case FaultCode::over_voltage:
      return 0x75;
    case FaultCode::connector_lock_failure:
      return 0x77;
    case FaultCode::ev_communication_error:
      return 0x84;  // BCS time-out
    case FaultCode::meter_failure:
      return 0x6D;
    case FaultCode::emergency_stop:
      return 0x72;
    case FaultCode::internal_error:
      return 0x71;
    case FaultCode::power_switch_failure:
      return 0x6C;
    default:
      return 0x90;
  }
}

}  // namespace

std::int64_t gun_state(const Connector& connector) {
  if (connector.active()) return 3;
  switch (connector.status) {
    case ConnectorStatus::faulted:
      return 1;
    case ConnectorStatus::unavailable:
      return 0;
    default:
      return 2;
  }
}

std::int64_t hardware_faults(const Station& station, ConnectorNumber number) {
  std::int64_t flags = 0;
  const auto add = [&flags](FaultCode code) {
    if (const int flag = flag_of(code); flag != 0) flags |= std::int64_t{1} << flag;
  };
  const FaultSet own = station.connector(number).faults;
  for (int i = 0; i < kFaultCodes; ++i) {
    if (own.has(static_cast<FaultCode>(i))) add(static_cast<FaultCode>(i));
  }
  if (const auto any = station.fault(number)) add(*any);
  return flags;
}

std::uint8_t stop_code(StopReason reason, std::optional<FaultCode> fault) {
  switch (reason) {
    case StopReason::remote:
      return 0x40;
    case StopReason::battery_full:
      return 0x41;
    case StopReason::target_reached:
      return 0x42;
    case StopReason::local:
    case StopReason::card:
      return 0x45;
    case StopReason::ev_disconnected:
      return 0x6B;
    case StopReason::fault:
      return fault ? stop_code(*fault) : 0x90;
    case StopReason::emergency_stop:
      return 0x72;
    case StopReason::power_loss:
      return 0x83;
    default:
      return 0x90;
  }
}

Abort abort_of(StopReason reason, std::optional<FaultCode> fault) {
  switch (reason) {
    case StopReason::battery_full:
      return {0x1D, "soc_reached"};
    case StopReason::target_reached:
      return {0x21, "condition_reached"};
    case StopReason::emergency_stop:
      return {0x21, "emergency_stop"};
    case StopReason::ev_disconnected:
      return {0x21, "connector_fault"};
    case StopReason::fault:
      if (fault == FaultCode::over_temperature) return {0x21, "inside_hot"};
      if (fault == FaultCode::insulation_fault) return {0x1D, "insulation_fault"};
      return {0x21, "abnormal_stop"};
    case StopReason::power_loss:
    case StopReason::reboot:
      return {0x21, "abnormal_stop"};
    default:
      return {0x21, "manual_stop"};
  }
}

std::int64_t battery_type(Chemistry chemistry) {
  // The model lists them in the order of GB/T 27930.
  return chemistry == Chemistry::other ? 0xFF : static_cast<std::int64_t>(chemistry) + 1;
}

}  // namespace vfleet::pile::ykc
