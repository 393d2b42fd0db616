// StatusNotification: of every change that lasts, and after the CSMS has accepted the charge point of all.
#include "devices/charging_pile/dialects/ocpp16/charge_point.h"

namespace vfleet::pile::ocpp16 {

void ChargePoint::happened_status(Host& host, ConnectorNumber connector) {
  enter(host);
  consider_status(host, connector);
  consider_status(host, 0);
  note_work();
}

void ChargePoint::happened_fault(Host& host, ConnectorNumber connector, FaultCode code, bool raised) {
  enter(host);
  if (raised && code == FaultCode::door_open)
    add_security_event(host, "TamperDetectionActivated", "door open");
  // A second fault of a connector that is faulted already changes no status, but what is told of it. Where it
  // does, the status comes right behind the fault: between them is nothing to tell.
  // One of the whole charge point is each connector's, too.
  const ConnectorNumber last = connector != 0 ? connector : host.station().connector_count();
  for (ConnectorNumber n = connector; n <= last && speaks(); ++n) {
    outlet(n).tell_at = after(host.config().front.ocpp.minimum_status_duration);
    if (raised) tell_further_fault(host, n, code);
  }
  note_work();
}

// Of the charge point itself, beside whatever its status is.
void ChargePoint::tell_warning(Host& host, std::uint8_t fault) {
  Shown now = shown(host.station(), 0);
  now.fault = fault;
  (void)calls_.add({.action = Action::StatusNotification, .detail = now.packed(), .due = now_});
  note_work();
}

// Of several faults a status names one, the same as before: the new one is told by itself.
void ChargePoint::tell_further_fault(Host& host, ConnectorNumber connector, FaultCode code) {
  const Outlet& it = outlet(connector);
  Shown now = shown(host.station(), connector);
  if (!it.known || it.told.status != ConnectorStatus::faulted || now.status != ConnectorStatus::faulted ||
      now.fault == static_cast<std::uint8_t>(code))
    return;
  now.fault = static_cast<std::uint8_t>(code);
  (void)calls_.add({.action = Action::StatusNotification,
                    .connector = static_cast<std::uint16_t>(connector),
                    .detail = now.packed(),
                    .due = now_});
}

void ChargePoint::consider_status(Host& host, ConnectorNumber connector) {
  if (!speaks()) return;  // told as it is then
  Outlet& it = outlet(connector);
  const Duration minimum = host.config().front.ocpp.minimum_status_duration;
  if (minimum == Duration::zero()) return tell_status(host, connector);
  it.tell_at = it.known && shown(host.station(), connector) == it.told ? kNever : after(minimum);
}

void ChargePoint::tell_status(Host& host, ConnectorNumber connector) {
  Outlet& it = outlet(connector);
  it.tell_at = kNever;
  const Shown now = shown(host.station(), connector);
  if (it.known && it.told == now) return;
  const auto tell = [&](const Shown& what) {
    return calls_.add({.action = Action::StatusNotification,
                       .connector = static_cast<std::uint16_t>(connector),
                       .detail = what.packed(),
                       .due = now_});
  };
  // No way leads from Preparing to Unavailable: what was prepared comes to its end first.
  const bool strict = host.config().settings.supply.strict_status;
  if (strict && it.known && it.told.status == ConnectorStatus::preparing &&
      now.status == ConnectorStatus::unavailable) {
    const bool plugged = host.station().connector(connector).plugged();
    (void)tell({.status = plugged ? ConnectorStatus::finishing : ConnectorStatus::available});
  }
  if (!tell(now)) {
    it.tell_at = after(std::chrono::seconds(1));  // no place: later, what it is then
    return;
  }
  it.known = true;
  it.told = now;
}

// It was to be told, and the connection ended first.
void ChargePoint::status_unsaid(std::uint16_t connector) {
  if (connector < outlets_.size()) outlets_[connector].known = false;
}

void ChargePoint::tell_changed_statuses(Host& host) {
  for (ConnectorNumber n = 0; n <= host.station().connector_count(); ++n) tell_status(host, n);
}

void ChargePoint::tell_due_statuses(Host& host) {
  for (ConnectorNumber n = 0; n < static_cast<ConnectorNumber>(outlets_.size()); ++n) {
    if (outlet(n).tell_at > now_) continue;
    if (speaks() && n <= host.station().connector_count()) {
      tell_status(host, n);
    } else {
      outlet(n).tell_at = kNever;
    }
  }
}

}  // namespace vfleet::pile::ocpp16
