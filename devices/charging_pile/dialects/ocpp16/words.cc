#include "devices/charging_pile/dialects/ocpp16/words.h"

#include <array>

namespace vfleet::pile::ocpp16 {

Shown shown(const Station& station, ConnectorNumber connector) {
  if (connector != 0) {
    const auto fault = station.fault(connector);
    const Connector& it = station.connector(connector);
    return {it.status, fault ? static_cast<std::uint8_t>(*fault) : Shown::kNoFault,
            it.active() && !it.plugged()};
  }
  bool all_faulted = true;
  bool all_out = true;
  for (ConnectorNumber n = 1; n <= station.connector_count(); ++n) {
    const ConnectorStatus status = station.connector(n).status;
    all_faulted = all_faulted && status == ConnectorStatus::faulted;
    all_out = all_out && (status == ConnectorStatus::unavailable || status == ConnectorStatus::faulted);
  }
  if (all_faulted) {
    const auto fault = station.fault(0);
    return {ConnectorStatus::faulted, fault ? static_cast<std::uint8_t>(*fault) : Shown::kNoFault};
  }
  return {all_out ? ConnectorStatus::unavailable : ConnectorStatus::available, Shown::kNoFault};
}

std::string_view status_word(ConnectorStatus status) {
  switch (status) {
    case ConnectorStatus::available:
      return "Available";
    case ConnectorStatus::preparing:
      return "Preparing";
    case ConnectorStatus::charging:
      return "Charging";
    case ConnectorStatus::suspended_ev:
      return "SuspendedEV";
    case ConnectorStatus::suspended_evse:
      return "SuspendedEVSE";
    case ConnectorStatus::finishing:
      return "Finishing";
    case ConnectorStatus::faulted:
      return "Faulted";
    case ConnectorStatus::unavailable:
      return "Unavailable";
    case ConnectorStatus::reserved:
      return "Reserved";
  }
  return "Available";
}

std::string_view error_word(const Shown& shown) {
  if (shown.fault == Shown::kNoFault) return "NoError";
  if (shown.fault == Shown::kResetFailure) return "ResetFailure";
  if (shown.fault == Shown::kListConflict) return "LocalListConflict";
  switch (static_cast<FaultCode>(shown.fault)) {
    case FaultCode::over_temperature:
      return "HighTemperature";
    case FaultCode::ground_fault:
      return "GroundFailure";
    case FaultCode::over_current:
      return "OverCurrentFailure";
    case FaultCode::over_voltage:
      return "OverVoltage";
    case FaultCode::under_voltage:
      return "UnderVoltage";
    case FaultCode::connector_lock_failure:
      return "ConnectorLockFailure";
    case FaultCode::ev_communication_error:
      // A warning by the standard, which has no place beside Faulted.
      return shown.status == ConnectorStatus::faulted ? "OtherError" : "EVCommunicationError";
    case FaultCode::meter_failure:
      return "PowerMeterFailure";
    case FaultCode::reader_failure:
      return "ReaderFailure";
    case FaultCode::internal_error:
      return "InternalError";
    case FaultCode::power_switch_failure:
      return "PowerSwitchFailure";
    case FaultCode::emergency_stop:
    case FaultCode::insulation_fault:
    case FaultCode::fan_failure:
    case FaultCode::door_open:
    case FaultCode::other_error:
      return "OtherError";
  }
  return "OtherError";
}

std::string_view to_string(Reason reason) {
  constexpr std::array<std::string_view, 11> kWords{
      "Local", "Remote",    "EVDisconnected", "EmergencyStop", "Reboot",      "PowerLoss",
      "Other", "HardReset", "SoftReset",      "UnlockCommand", "DeAuthorized"};
  return kWords[static_cast<std::size_t>(reason) % kWords.size()];
}

Reason reason_of(StopReason reason) {
  switch (reason) {
    case StopReason::none:
    case StopReason::local:
    case StopReason::card:
      return Reason::Local;
    case StopReason::remote:
      return Reason::Remote;
    case StopReason::ev_disconnected:
      return Reason::EVDisconnected;
    case StopReason::emergency_stop:
      return Reason::EmergencyStop;
    case StopReason::reboot:
      return Reason::Reboot;
    case StopReason::power_loss:
      return Reason::PowerLoss;
    case StopReason::de_authorized:
      return Reason::DeAuthorized;
    case StopReason::unlock:
      return Reason::UnlockCommand;
    case StopReason::hard_reset:
      return Reason::HardReset;
    case StopReason::soft_reset:
      return Reason::SoftReset;
    case StopReason::battery_full:
    case StopReason::target_reached:
    case StopReason::fault:
      return Reason::Other;
  }
  return Reason::Other;
}

}  // namespace vfleet::pile::ocpp16
