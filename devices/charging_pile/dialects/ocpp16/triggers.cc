// What operators want said: any message of a charge point, with fields as they give them.
#include <charconv>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/reports.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;

// Real time until an operator reads that nothing was sent.
constexpr Duration kPatience = 30s;

/// The connector that the fields name, or else the trigger's own.
ConnectorNumber connector_of(const device::TriggerCall& call) {
  for (const auto& [path, value] : call.fields) {
    ConnectorNumber number = 0;
    const char* const end = value.data() + value.size();
    if (path == "connectorId" && std::from_chars(value.data(), end, number).ptr == end) return number;
  }
  return call.channel;
}

}  // namespace

Status ChargePoint::trigger(Host& host, const device::TriggerCall& call) {
  enter(host);
  const auto action = sent_action(call.report);
  if (!action) {
    return fail(Errc::invalid_argument, "speaks ocpp16: it has no " + std::string(call.report) +
                                            "; `vfleet describe charging_pile` lists what there is");
  }
  using codec::ocpp::Gate;
  const Gate gate = calls_.gate();
  const bool passes =
      gate == Gate::all || gate == Gate::asked || (gate == Gate::boot && *action == Action::BootNotification);
  if (!passes && !call.unchecked) {
    return fail(Errc::rejected,
                "the CSMS has not accepted its BootNotification (state registration): before that nothing "
                "else may be said; --raw says it all the same");
  }
  if (*action == Action::SignCertificate && !make_certificate_request(host)) {
    return fail(Errc::rejected, "no certificate can be asked for");
  }
  const ConnectorNumber named = connector_of(call);
  // What an illegal one says stands in the fields; what surrounds them is of the charge point itself.
  const bool there = named >= 0 && named <= host.station().connector_count();
  if (!there && !call.unchecked) {
    return fail(Errc::invalid_argument, "there is no connector " + std::to_string(named));
  }
  const ConnectorNumber connector = there ? named : 0;
  do {
    ++last_wanted_;
  } while (last_wanted_ == 0 || wanted(std::uint32_t{last_wanted_} << 16) != nullptr);
  const std::uint32_t number = std::uint32_t{last_wanted_} << 16;
  const std::uint32_t detail =
      number | (*action == Action::StatusNotification ? shown(host.station(), connector).packed() : 0U);
  const codec::ocpp::Call call_of_it{.action = *action,
                                     .connector = static_cast<std::uint16_t>(connector),
                                     .asked = true,
                                     .forced = call.unchecked,
                                     .detail = detail,
                                     .due = now_};
  wanted_.push_back({.number = last_wanted_,
                     .unchecked = call.unchecked,
                     .fields = {call.fields.begin(), call.fields.end()}});
  Status good = can_be_made(host, call_of_it);
  if (good && !calls_.add(call_of_it)) good = fail(Errc::rejected, "too much waits to be sent already");
  if (!good) {
    wanted_.pop_back();
    return good;
  }
  wanted_.back().answers = host.context().defer(kPatience);
  pump(host);
  return {};
}

// Who triggers reads at once what is wrong with the fields, also when it is not yet this message's turn.
Status ChargePoint::can_be_made(Host& host, const codec::ocpp::Call& call) {
  const codec::ocpp::Outgoing out{
      .action = call.action, .connector = call.connector, .due = call.due, .detail = call.detail};
  const PileView view{host.station(), host.config(), now_, host.context().wall_now()};
  codec::Buffer made;
  outgoing_ = &out;
  Status good = encode(view, {}, wanted_.back().fields, made);
  outgoing_ = nullptr;
  return good;
}

}  // namespace vfleet::pile::ocpp16
