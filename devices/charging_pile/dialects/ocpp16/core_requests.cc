// What the CSMS asks for of the profile Core, but for configuration.
#include <chrono>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"

namespace vfleet::pile::ocpp16 {

using namespace std::chrono_literals;

namespace {

// What transactions have to be told before a soft reset may take so long.
constexpr Duration kSoftReset = 10s;
// From a try that fails to the next.
constexpr Duration kResetAgain = 10s;

ConnectorNumber connector_field(const nlohmann::json& payload) {
  const std::int64_t number = integer_of(payload, "connectorId").value_or(0);
  return number >= 0 && number <= kConnectorsMax ? static_cast<ConnectorNumber>(number) : kConnectorsMax + 1;
}

}  // namespace

void ChargePoint::change_availability(Request& request) {
  Station& station = request.host.station();
  const ConnectorNumber wanted = connector_field(request.payload);
  const bool operative = text_of(request.payload, "type") == "Operative";
  if (wanted > station.connector_count()) return answer_status(request, "Rejected");
  const ConnectorNumber first = wanted == 0 ? 1 : wanted;
  const ConnectorNumber last = wanted == 0 ? station.connector_count() : wanted;
  bool scheduled = false;
  for (ConnectorNumber n = first; n <= last; ++n) scheduled |= !operative && station.connector(n).active();
  answer_status(request, scheduled ? "Scheduled" : "Accepted");
  for (ConnectorNumber n = first; n <= last; ++n) {
    const auto done = station.set_available(request.host.turn(), n, operative, Station::When::after_session);
    if (!done) request.host.context().note("ChangeAvailability: " + done.error().detail);
  }
}

void ChargePoint::clear_cache(Request& request) {
  if (!request.host.config().front.ocpp.authorization_cache_enabled)
    return answer_status(request, "Rejected");
  answer_status(request, "Accepted");
  cache_.clear();
}

void ChargePoint::data_transfer(Request& request) {
  const std::string& vendor = request.host.config().front.ocpp.data_transfer_vendor;
  const bool known = !vendor.empty() && text_of(request.payload, "vendorId") == vendor;
  answer_status(request, known ? "Accepted" : "UnknownVendorId");
}

// One with a vehicle that waits before one without.
ConnectorNumber ChargePoint::free_connector(const Station& station, std::string_view card) const {
  for (const bool plugged : {true, false}) {
    for (ConnectorNumber n = 1; n <= station.connector_count(); ++n) {
      if (station.connector(n).plugged() == plugged && station.may_start(n, true, card)) return n;
    }
  }
  return 0;
}

void ChargePoint::remote_start(Request& request) {
  Station& station = request.host.station();
  const std::string card(text_of(request.payload, "idTag"));
  const bool named = integer_of(request.payload, "connectorId").has_value();
  const ConnectorNumber connector = named ? connector_field(request.payload) : free_connector(station, card);
  const bool possible = registration_ == Registration::accepted && reset_at_ == kNever && !card.empty() &&
                        connector >= 1 && connector <= station.connector_count() &&
                        outlet(connector).presented.stage == Presented::Stage::none &&
                        station.may_start(connector, /*cable_may_follow=*/true, card);
  if (!possible || !keep_profile(request, connector)) return answer_status(request, "Rejected");
  answer_status(request, "Accepted");
  note_work();
  if (request.host.config().front.ocpp.authorize_remote_tx_requests) {
    return present(connector, card, StartedBy::remote, /*driver=*/false);
  }
  outlet(connector).parent = {};
  const auto started = station.start(request.host.turn(), connector, StartedBy::remote, card, {}, true);
  if (!started) request.host.context().note("RemoteStartTransaction: " + started.error().detail);
}

void ChargePoint::remote_stop(Request& request) {
  Station& station = request.host.station();
  const auto id = integer_of(request.payload, "transactionId");
  const ConnectorNumber connector =
      id && registration_ == Registration::accepted ? connector_of_transaction(station, *id) : 0;
  if (connector == 0) return answer_status(request, "Rejected");
  answer_status(request, "Accepted");
  const auto stopped = station.stop(request.host.turn(), connector, StopReason::remote);
  if (!stopped) request.host.context().note("RemoteStopTransaction: " + stopped.error().detail);
}

void ChargePoint::reset(Request& request) {
  if (reset_at_ != kNever) return answer_status(request, "Rejected");  // it is about to
  answer_status(request, "Accepted");
  const bool soft = text_of(request.payload, "type") == "Soft";
  add_security_event(request.host, "ResetOrReboot", text_of(request.payload, "type"));
  resets_as_ = soft ? StopReason::soft_reset : StopReason::hard_reset;
  request.host.station().end_sessions(request.host.turn(), resets_as_);
  reset_at_ = soft ? after(kSoftReset) : now_;
  note_work();
}

bool ChargePoint::carry_out_reset(Host& host) {
  if (reset_at_ == kNever) return false;
  if (reset_tries_ > 0 && reset_at_ > now_) return false;
  pump(host);  // what can be told still is
  const bool told = calls_.transactions().empty() && !calls_.outstanding();
  if (reset_at_ > now_ && (resets_as_ == StopReason::hard_reset || !told)) return false;
  if (resets_as_ != StopReason::reboot && reset_fails(host)) return false;
  reset_at_ = kNever;
  reset_tries_ = 0;
  registration_ = Registration::none;
  host.restart(resets_as_);
  return true;
}

// As often as an operator wants it; ResetRetries says how often it is tried again.
bool ChargePoint::reset_fails(Host& host) {
  const Settings& settings = host.config().front.ocpp;
  if (reset_tries_ >= settings.reset_failures) return false;
  ++reset_tries_;
  host.context().note("a reset fails, try " + std::to_string(reset_tries_));
  if (reset_tries_ <= settings.reset_retries) {
    reset_at_ = after(kResetAgain);
    return true;
  }
  reset_at_ = kNever;
  reset_tries_ = 0;
  tell_warning(host, Shown::kResetFailure);
  return true;
}

void ChargePoint::unlock_connector(Request& request) {
  Station& station = request.host.station();
  const ConnectorNumber connector = connector_field(request.payload);
  if (connector < 1 || connector > station.connector_count()) return answer_status(request, "NotSupported");
  if (station.fault(connector) == FaultCode::connector_lock_failure)
    return answer_status(request, "UnlockFailed");
  answer_status(request, "Unlocked");
  if (station.holds_cable(connector)) {
    (void)station.release_cable(request.host.turn(), connector);  // it was asked above
    return;
  }
  if (!station.connector(connector).active()) return;
  const auto stopped = station.stop(request.host.turn(), connector, StopReason::unlock);
  if (!stopped) request.host.context().note("UnlockConnector: " + stopped.error().detail);
}

}  // namespace vfleet::pile::ocpp16
