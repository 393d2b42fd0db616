// Smart charging and the local list: what ChargePoint keeps of them, and the requests that change it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/charging_requests.h"
#include "devices/charging_pile/dialects/ocpp16/local_list.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"

namespace vfleet::pile::ocpp16 {

std::vector<std::optional<RunningTransaction>> ChargePoint::running(Host& host) {
  const Station& station = host.station();
  std::vector<std::optional<RunningTransaction>> out(static_cast<std::size_t>(station.connector_count()) + 1);
  for (ConnectorNumber n = 1; n <= station.connector_count(); ++n) {
    const Outlet& it = outlet(n);
    if (it.session == 0 || !station.connector(n).active()) continue;
    out[static_cast<std::size_t>(n)] = {calls_.transaction(it.session), it.begun};
  }
  return out;
}

void ChargePoint::answer_reply(Request& request, const Reply& reply) {
  if (!reply.why.empty()) {
    request.host.context().note(std::string(to_string(request.action)) + ": " + reply.why);
  }
  if (reply.error) return answer_error(request.host, request.id, *reply.error, reply.why);
  say_result(request.host, request.id, reply.payload);
}

void ChargePoint::set_charging_profile(Request& request) {
  const auto transactions = running(request.host);
  answer_reply(request, ocpp16::set_charging_profile({profiles_, request.host.config().front.ocpp.charging,
                                                      clock(request.host), transactions},
                                                     request.payload));
  note_work();
}

void ChargePoint::clear_charging_profile(Request& request) {
  const auto transactions = running(request.host);
  answer_reply(request, ocpp16::clear_charging_profile({profiles_, request.host.config().front.ocpp.charging,
                                                        clock(request.host), transactions},
                                                       request.payload));
  note_work();
}

void ChargePoint::get_composite_schedule(Request& request) {
  const auto transactions = running(request.host);
  answer_reply(request,
               ocpp16::get_composite_schedule(
                   {profiles_, request.host.config().front.ocpp.charging, clock(request.host), transactions},
                   request.host.config().settings.supply, request.payload));
}

// RemoteStartTransaction's, for the transaction that it begins.
bool ChargePoint::keep_profile(Request& request, ConnectorNumber connector) {
  const nlohmann::json* profile = field_of(request.payload, "chargingProfile");
  if (profile == nullptr) return true;
  const auto transactions = running(request.host);
  const auto kept = keep_remote_profile(
      {profiles_, request.host.config().front.ocpp.charging, clock(request.host), transactions}, connector,
      *profile);
  if (!kept) request.host.context().note("RemoteStartTransaction: " + kept.error().detail);
  return kept.has_value();
}

void ChargePoint::follow_profiles(Host& host) {
  if (profiles_ == nullptr) return;
  const Station& station = host.station();
  for (ConnectorNumber n = 1; n <= station.connector_count(); ++n) {
    const Connector& it = station.connector(n);
    const bool begins = it.visit != nullptr && it.visit->authorized;
    const bool asked = outlet(n).presented.stage != Presented::Stage::none;
    // A start that came to nothing takes its profile with it, as the end of a transaction does.
    if (!it.active() && !begins && !asked && profiles_->of_transaction(n)) profiles_->end_transaction(n);
  }
  if (profiles_->look_at > now_) return;
  const auto transactions = running(host);
  limit_station(*profiles_, host.station(), host.turn(), clock(host), transactions);
  if (profiles_->empty()) profiles_.reset();
}

void ChargePoint::send_local_list(Request& request) {
  answer_reply(request, ocpp16::send_local_list(local_list_, request.host.config().front.ocpp.local_list,
                                                request.payload));
}

void ChargePoint::get_local_list_version(Request& request) {
  answer_reply(request, ocpp16::get_local_list_version(local_list_.get(),
                                                       request.host.config().front.ocpp.local_list));
}

}  // namespace vfleet::pile::ocpp16
