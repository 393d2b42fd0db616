// TriggerMessage: the CSMS wants a message now.
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"

namespace vfleet::pile::ocpp16 {

void ChargePoint::trigger_message(Request& request) {
  const std::string_view wanted = text_of(request.payload, "requestedMessage");
  const auto number = integer_of(request.payload, "connectorId");
  const int connectors = request.host.station().connector_count();
  if (number && (*number < 1 || *number > connectors)) return answer_status(request, "Rejected");
  const ConnectorNumber first = number ? static_cast<ConnectorNumber>(*number) : 0;
  const ConnectorNumber last = number ? first : connectors;
  if (wanted == "BootNotification") {
    // Who was accepted has nothing to say that is new.
    if (registration_ == Registration::accepted) return answer_status(request, "Rejected");
    answer_status(request, "Accepted");
    return ask_to_boot();
  }
  if (wanted == "Heartbeat") {
    answer_status(request, "Accepted");
    return tell_asked(request.host, Action::Heartbeat, 0);
  }
  if (wanted == "StatusNotification" || wanted == "MeterValues") {
    const bool status = wanted == "StatusNotification";
    answer_status(request, "Accepted");
    for (ConnectorNumber n = first; n <= last; ++n) {
      tell_asked(request.host, status ? Action::StatusNotification : Action::MeterValues, n);
    }
    return;
  }
  if (wanted == "DiagnosticsStatusNotification" || wanted == "FirmwareStatusNotification") {
    answer_status(request, "Accepted");
    return tell_asked(request.host,
                      wanted == "DiagnosticsStatusNotification" ? Action::DiagnosticsStatusNotification
                                                                : Action::FirmwareStatusNotification,
                      0);
  }
  answer_status(request, "NotImplemented");
}

void ChargePoint::tell_asked(Host& host, Action action, ConnectorNumber connector) {
  const bool placed = calls_.add(
      {.action = action,
       .connector = static_cast<std::uint16_t>(connector),
       .asked = true,
       .detail = action == Action::StatusNotification ? shown(host.station(), connector).packed() : 0U,
       .due = now_});
  if (!placed) host.context().note("too much waits to be sent: what the CSMS asked for is left out");
}

}  // namespace vfleet::pile::ocpp16
