// StartTransaction, MeterValues, StopTransaction: what happened, in its order, told when it can be.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/bodies.h"
#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "devices/charging_pile/dialects/ocpp16/reports.h"
#include "devices/charging_pile/dialects/ocpp16/upkeep.h"

namespace vfleet::pile::ocpp16 {

namespace wire = codec::ocpp;

wire::TransactionQueue::Added ChargePoint::add_message(Host& host, const wire::TransactionMessage& message) {
  const auto added = calls_.add(message);
  if (added != wire::TransactionQueue::Added::yes) memory_is_full(host);
  return added;
}

void ChargePoint::happened_start(Host& host, ConnectorNumber connector) {
  enter(host);
  Outlet& it = outlet(connector);
  const Visit& visit = *host.station().connector(connector).visit;
  it.session = ++sessions_;
  it.stopped_by = {};
  it.history.clear();
  it.begin = take_sample(host.station(), host.config().settings, connector, now_);
  it.begun = clock(host);
  StartBody body{
      .sample = it.begin, .card = visit.card, .reservation = visit.reservation, .reserved = visit.reserved};
  if (body.card.view().empty()) body.card = CardNumber(host.config().front.ocpp.local_id_tag);
  if (profiles_ != nullptr) profiles_->look_at = now_;
  add_message(host, {.action = Action::StartTransaction,
                     .connector = static_cast<std::uint16_t>(connector),
                     .session = it.session,
                     .at = it.begun,
                     .due = now_,
                     .body = bytes_of(body)});
  note_work();
}

void ChargePoint::happened_end(Host& host, ConnectorNumber connector, StopReason reason) {
  enter(host);
  Outlet& it = outlet(connector);
  if (it.session == 0) return;
  const Settings& settings = host.config().front.ocpp;
  StopBody body{.end = take_sample(host.station(), host.config().settings, connector, now_),
                .card = it.stopped_by,
                .reason = reason_of(reason)};
  std::vector<std::byte> bytes;
  const auto put = [&](const auto& what) {
    const auto from = bytes_of(what);
    bytes.insert(bytes.end(), from.begin(), from.end());
  };
  const bool sampled = !settings.stop_sampled.empty();
  body.samples = static_cast<std::uint8_t>(it.history.size() + (sampled ? 2 : 0));
  put(body);
  if (sampled) put(TimedSample{it.begin, it.begun, Context::begin});
  for (const TimedSample& each : it.history) put(each);
  if (sampled) put(TimedSample{body.end, clock(host), Context::end});
  const auto added = add_message(host, {.action = Action::StopTransaction,
                                        .connector = static_cast<std::uint16_t>(connector),
                                        .session = it.session,
                                        .at = clock(host),
                                        .due = now_,
                                        .body = bytes});
  // Its number leaves with the message, or now.
  if (added == wire::TransactionQueue::Added::no) calls_.forget(it.session);
  it.session = 0;
  if (upkeep_ != nullptr)
    std::erase_if(upkeep_->rations, [&](const Ration& each) { return each.connector == connector; });
  if (profiles_ != nullptr) profiles_->end_transaction(connector);
  it.stopped_by = it.parent = {};
  std::vector<TimedSample>().swap(it.history);
  note_work();
}

// For transactionData. Begin and end have their places, too.
void ChargePoint::remember(Host& host, ConnectorNumber connector, const Sample& sample, Context context) {
  const Settings& settings = host.config().front.ocpp;
  Outlet& it = outlet(connector);
  if (it.session == 0 || (context == Context::clock ? settings.stop_aligned : settings.stop_sampled).empty())
    return;
  const std::size_t most = settings.stop_transaction_max_meter_values - 2;
  if (most == 0) return;
  if (it.history.size() >= most) {
    it.history.erase(it.history.begin(), it.history.end() - static_cast<std::ptrdiff_t>(most - 1));
  }
  it.history.push_back({sample, clock(host), context});
}

void ChargePoint::add_meter_values(Host& host, ConnectorNumber connector, Context context, TimePoint due) {
  const Settings& settings = host.config().front.ocpp;
  const MeterBody body{take_sample(host.station(), host.config().settings, connector, now_), context};
  remember(host, connector, body.sample, context);
  const std::uint32_t session = outlet(connector).session;
  const bool wanted =
      context == Context::clock ? !settings.aligned.empty() : session != 0 && !settings.sampled.empty();
  const bool added =
      wanted && add_message(host, {.action = Action::MeterValues,
                                   .connector = static_cast<std::uint16_t>(connector),
                                   .session = session,
                                   .at = clock(host),
                                   .due = due,
                                   .body = bytes_of(body)}) == wire::TransactionQueue::Added::yes;
  if (!added && (wanted || context == Context::periodic))
    host.context().forgo(report_of(Action::MeterValues));
}

void ChargePoint::plan_aligned(Host& host) {
  aligned_at_ = kNever;
  const std::int64_t every = to_us(host.config().front.ocpp.clock_aligned_data_interval);
  if (every <= 0) return;
  constexpr std::int64_t kDay = 24LL * 3600 * 1'000'000;
  const std::int64_t wall = to_us(clock(host));
  const std::int64_t of_day = ((wall % kDay) + kDay) % kDay;
  const std::int64_t next = std::min((of_day / every + 1) * every, kDay);
  aligned_at_ = now_ + std::chrono::microseconds(next - of_day);
}

void ChargePoint::tell_aligned(Host& host) {
  const TimePoint due = aligned_at_;
  plan_aligned(host);
  if (registration_ == Registration::none) return;
  for (ConnectorNumber n = 0; n <= host.station().connector_count(); ++n) {
    add_meter_values(host, n, Context::clock, due);
  }
}

void ChargePoint::start_answered(Host& host, const wire::Settled& settled, const CardNumber& card,
                                 const nlohmann::json& answer) {
  calls_.set_transaction(settled.session, integer_of(answer, "transactionId").value_or(-1));
  const KnownCard known = learn(host, card, answer.at("idTagInfo"));
  const auto connector = static_cast<ConnectorNumber>(settled.connector);
  if (outlet(connector).session != settled.session) return;  // it is over already
  if (known.accepted) {
    if (!known.parent.view().empty()) outlet(connector).parent = known.parent;
    return;
  }
  const Settings& settings = host.config().front.ocpp;
  if (!settings.stop_transaction_on_invalid_id && settings.max_energy_on_invalid_id > 0)
    return begin_ration(host, connector);
  const auto done = settings.stop_transaction_on_invalid_id
                        ? host.station().stop(host.turn(), connector, StopReason::de_authorized)
                        : host.station().suspend(host.turn(), connector, true);
  if (!done) host.context().note("StartTransaction was not accepted: " + done.error().detail);
}

// What its card may still have is counted from now: the CSMS has invalidated it now.
void ChargePoint::begin_ration(Host& host, ConnectorNumber connector) {
  const EnergyTenths most = EnergyTenths{host.config().front.ocpp.max_energy_on_invalid_id} * 10;
  upkeep().rations.push_back({connector, host.station().energy(connector, now_) + most, now_});
  note_work();
}

void ChargePoint::end_rations(Host& host) {
  if (upkeep_ == nullptr) return;
  Station& station = host.station();
  std::erase_if(upkeep_->rations, [&](Ration& each) {
    if (each.look_at > now_) return false;
    const bool there = each.connector <= station.connector_count();
    if (!there || !station.connector(each.connector).active()) return true;
    const EnergyTenths left = each.until - station.energy(each.connector, now_);
    if (left <= 0) {
      (void)station.suspend(host.turn(), each.connector, true);  // it is active
      return true;
    }
    // The model's power holds for some seconds at least.
    constexpr double kLook = 10;
    const double power = station.connector(each.connector).meter.power_w();
    const double seconds = power > 0 ? std::min(static_cast<double>(left) * 360 / power, kLook) : kLook;
    each.look_at = now_ + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000) + 1);
    return false;
  });
}

ConnectorNumber ChargePoint::connector_of_transaction(const Station& station, std::int64_t id) const {
  for (std::size_t i = 1; i < outlets_.size(); ++i) {
    const auto number = static_cast<ConnectorNumber>(i);
    if (outlets_[i].session == 0 || number > station.connector_count()) continue;
    if (station.connector(number).active() && calls_.transactions().transaction(outlets_[i].session) == id) {
      return number;
    }
  }
  return 0;
}

}  // namespace vfleet::pile::ocpp16
