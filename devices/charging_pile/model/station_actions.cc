// What people, vehicles, faults and the platform do to a station.
#include <fmt/format.h>

#include "devices/charging_pile/model/station.h"

namespace vfleet::pile {
namespace {

tl::unexpected<Error> refuse(ConnectorNumber number, std::string_view why) {
  return fail(Errc::rejected, fmt::format("connector {} {}", number, why));
}

// The time until somebody does something, with the given mean.
Duration patience(Random& random, Duration mean) {
  return std::chrono::microseconds(
      static_cast<std::int64_t>(random.exponential(static_cast<double>(to_us(mean)))) + 1);
}

}  // namespace

Status Station::known(ConnectorNumber number) const {
  if (number >= 1 && number <= count_) return {};
  return fail(Errc::invalid_argument,
              fmt::format("there is no connector {}: the pile has {}", number, count_));
}

bool Station::apply(const Turn& turn, TimePoint t, ConnectorNumber number, ConnectorEvent event) {
  Connector& connector = at(number);
  const auto next = step(connector.status, event);
  if (!next) return false;
  if (*next == connector.status) return true;
  connector.status = *next;
  if (connector.plugged() && connector.visit->driver && *next != ConnectorStatus::preparing &&
      *next != ConnectorStatus::charging && *next != ConnectorStatus::suspended_evse) {
    connector.visit->act_at = t + patience(drivers_, turn.settings.arrivals.leave_after);
  }
  turn.observer.status_changed(number);
  return true;
}

void Station::attach(const Turn& turn, TimePoint t, ConnectorNumber number, std::size_t kind, double soc,
                     bool driver) {
  Connector& connector = at(number);
  const Settings& settings = turn.settings;
  const VehicleKind& type = settings.vehicles[kind];
  if (soc <= 0) soc = drivers_.uniform(type.soc_min, type.soc_max);
  if (connector.visit == nullptr) connector.visit = std::make_unique<Visit>();
  Visit& visit = *connector.visit;
  visit.vehicle.battery_wh = static_cast<float>(type.battery_wh);
  visit.vehicle.start_wh = static_cast<float>(type.battery_wh * soc);
  visit.vehicle.max_power_w = static_cast<float>(kind_ == SupplyKind::ac ? type.max_ac_w : type.max_dc_w);
  visit.vehicle.pack_voltage_v = static_cast<std::uint16_t>(type.pack_voltage_v);
  visit.vehicle.taper_percent = static_cast<std::uint8_t>(type.taper_soc * 100);
  visit.vehicle.phases = static_cast<std::uint8_t>(std::min<std::int32_t>(phases_, type.ac_phases));
  visit.vehicle.kind = static_cast<std::uint8_t>(kind);
  visit.vehicle.chemistry = type.chemistry;
  visit.arrival = ++arrived_;
  visit.plug_register_uwh = connector.meter.register_uwh(Duration(0));
  visit.plugged = true;
  visit.driver = driver;
  visit.act_at = kNever;
  if (!driver && settings.supply.preparing_timeout.count() > 0)
    visit.act_at = t + settings.supply.preparing_timeout;
  if (driver) {
    const ArrivalsConfig& habits = settings.arrivals;
    visit.act_at = t + patience(drivers_, habits.swipe_after);
    visit.target_permille =
        static_cast<std::uint16_t>(drivers_.uniform(habits.target_soc_min, habits.target_soc_max) * 1000);
    visit.card = CardNumber(fmt::format("{:08}", drivers_.below(100'000'000)));
    const DriverHabits his = draw_habits(Random(noise_, visit.arrival, "habits"), habits);
    visit.started_by = his.starts_by;
    visit.turned_away = !his.starts;
    if (his.starts_by != StartedBy::card || !his.card.view().empty()) visit.card = his.card;
  }
  apply(turn, t, number, ConnectorEvent::plug);
  if (connector.status != ConnectorStatus::preparing) return;
  const bool kept = orders_ != nullptr && free_connectors(number) < orders_->of_any_connector();
  if (!visit.authorized && settings.supply.plug_and_charge && !kept) {
    visit.authorized = true;
    visit.started_by = StartedBy::cable;
  }
  if (visit.authorized) begin_session(turn, t, number);
}

// The vehicle whose session waits for its cable is back.
void Station::reattach(const Turn& turn, TimePoint t, ConnectorNumber number) {
  at(number).visit->plugged = true;
  at(number).visit->act_at = kNever;
  apply(turn, t, number, ConnectorEvent::plug);
}

void Station::detach(const Turn& turn, TimePoint t, ConnectorNumber number) {
  Connector& connector = at(number);
  if (connector.active() && turn.settings.supply.end_on_unplug) {
    if (!turn.settings.supply.lock_cable || kind_ != SupplyKind::ac)
      return end_session(turn, t, number, StopReason::ev_disconnected, ConnectorEvent::unplug);
    const CardNumber card = connector.visit->card;
    end_session(turn, t, number, StopReason::ev_disconnected, ConnectorEvent::stop);
    if (connector.status != ConnectorStatus::finishing) {
      connector.visit.reset();
      return;
    }
    connector.visit->plugged = false;
    connector.visit->card = card;
    return;
  }
  if (connector.active()) {
    Visit& visit = *connector.visit;
    rest(turn.settings, connector);
    visit.plugged = false;
    visit.act_at = visit.driver ? t + patience(drivers_, turn.settings.arrivals.leave_after) : kNever;
    apply(turn, t, number, ConnectorEvent::suspend_ev);
    return;
  }
  connector.visit.reset();
  apply(turn, t, number, ConnectorEvent::unplug);
  reclaim(turn, t, number);
}

void Station::begin_session(const Turn& turn, TimePoint t, ConnectorNumber number) {
  Connector& connector = at(number);
  Visit& visit = *connector.visit;
  const bool again = connector.status == ConnectorStatus::finishing && turn.settings.supply.strict_status;
  if (again || connector.status == ConnectorStatus::reserved)
    apply(turn, t, number, ConnectorEvent::authorize);
  if (visit.reserved && orders_ != nullptr) {  // it is used now
    std::erase_if(orders_->reservations,
                  [&](const Reservation& each) { return each.id == visit.reservation; });
    drop_empty_orders();
  }
  visit.authorized = false;
  visit.active = true;
  visit.charged = true;
  visit.suspended = false;
  visit.act_at = kNever;
  visit.started = t;
  visit.boot = 0;
  visit.started_wall = turn.at.wall_at(t);
  visit.start_register_uwh = connector.meter.register_uwh(Duration(0));
  visit.booked.fill(0);
  ++connector.sessions;
  if (visit.driver) {
    const SessionFate fate =
        draw_fate(Random(mix(noise_, connector.sessions), visit.arrival, "fate"), turn.settings.arrivals);
    if (fate.unplugged_after) visit.act_at = t + *fate.unplugged_after;
    if (fate.broken_after) visit.mishap_at = t + *fate.broken_after;
    visit.mishap = fate.fault;
  }
  apply(turn, t, number, ConnectorEvent::start);
  turn.observer.session_started(number);
}

void Station::end_session(const Turn& turn, TimePoint t, ConnectorNumber number, StopReason reason,
                          ConnectorEvent event) {
  Connector& connector = at(number);
  rest(turn.settings, connector);
  if (event == ConnectorEvent::stop && !connector.plugged()) event = ConnectorEvent::unplug;
  ending_ = static_cast<std::uint8_t>(number);
  ending_by_ = event;
  turn.observer.session_ended(number, reason);
  ending_ = 0;
  Visit& visit = *connector.visit;
  visit.active = false;
  visit.suspended = false;
  visit.reserved = false;
  visit.mishap_at = kNever;
  visit.started_by = StartedBy::nobody;
  visit.target_permille = 0;
  visit.energy_limit_wh = 0;
  visit.card = {};
  if (event == ConnectorEvent::unplug || !visit.plugged) connector.visit.reset();
  if (event == ConnectorEvent::unplug && turn.settings.supply.strict_status)
    apply(turn, t, number, ConnectorEvent::stop);
  apply(turn, t, number, event);
  if (connector.disabled) apply(turn, t, number, ConnectorEvent::disable);
  reclaim(turn, t, number);
}

void Station::end_sessions(const Turn& turn, StopReason reason) {
  const TimePoint now = turn.at.now;
  integrate(now);
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    if (at(n).active()) end_session(turn, now, n, reason, ConnectorEvent::stop);
  }
  settle(turn, now);
}

Status Station::plug(const Turn& turn, ConnectorNumber number, std::string_view kind, double soc) {
  if (auto ok = known(number); !ok) return ok;
  if (at(number).plugged()) return refuse(number, "already has a vehicle");
  if (holds_cable(number)) return refuse(number, "still holds the cable of the last vehicle");
  if (at(number).active() && kind.empty()) {
    integrate(turn.at.now);
    reattach(turn, turn.at.now, number);
    settle(turn, turn.at.now);
    return {};
  }
  const VehiclePool& pool = turn.settings.vehicles;
  const std::size_t which = kind.empty() ? draw_vehicle(pool, drivers_) : find_vehicle(pool, kind);
  if (which >= pool.size()) {
    return fail(Errc::rejected, fmt::format("there is no vehicle called {} in the pool", kind));
  }
  integrate(turn.at.now);
  attach(turn, turn.at.now, number, which, soc, false);
  settle(turn, turn.at.now);
  return {};
}

Status Station::unplug(const Turn& turn, ConnectorNumber number) {
  if (auto ok = known(number); !ok) return ok;
  if (holds_cable(number))
    return refuse(number, "holds the cable until the card of its session, or UnlockConnector, sets it free");
  if (!at(number).plugged()) return refuse(number, "has no vehicle");
  integrate(turn.at.now);
  detach(turn, turn.at.now, number);
  settle(turn, turn.at.now);
  return {};
}

bool Station::holds_cable(ConnectorNumber number) const {
  const Connector& it = connector(number);
  return it.status == ConnectorStatus::finishing && it.visit != nullptr && !it.visit->plugged;
}

Status Station::release_cable(const Turn& turn, ConnectorNumber number) {
  if (auto ok = known(number); !ok) return ok;
  if (!holds_cable(number)) return refuse(number, "holds no cable");
  integrate(turn.at.now);
  at(number).visit.reset();
  apply(turn, turn.at.now, number, ConnectorEvent::unplug);
  reclaim(turn, turn.at.now, number);
  settle(turn, turn.at.now);
  return {};
}

Status Station::swipe(const Turn& turn, ConnectorNumber number, std::string_view card) {
  if (auto ok = known(number); !ok) return ok;
  if (!at(number).active()) return start(turn, number, StartedBy::card, card, {}, true);
  const CardNumber& owner = at(number).visit->card;
  if (!owner.view().empty() && !(owner == CardNumber(card))) {
    return refuse(number, "is in use by another card");
  }
  return stop(turn, number, StopReason::card);
}

Status Station::may_start(ConnectorNumber number, bool cable_may_follow, std::string_view card,
                          std::string_view parent) const {
  if (auto ok = known(number); !ok) return ok;
  const Connector& it = connector(number);
  if (it.active()) return refuse(number, "already has a session");
  if (it.status == ConnectorStatus::faulted) {
    const auto code = fault(number);
    return refuse(number, fmt::format("is faulted ({})", code ? to_string(*code) : "unknown"));
  }
  if (it.status == ConnectorStatus::unavailable) return refuse(number, "is out of service");
  if (orders_ != nullptr && reservation_for(number, card, parent) == nullptr) {
    if (orders_->reservation_of(number) != nullptr) return refuse(number, "is reserved for another card");
    if (free_connectors(number) < orders_->of_any_connector())
      return refuse(number, "is kept free: as many as are free are reserved");
  }
  if (it.plugged()) return {};
  if (holds_cable(number)) return refuse(number, "still holds the cable of the last vehicle");
  if (!cable_may_follow) return refuse(number, "has no vehicle");
  if (it.visit != nullptr) return refuse(number, "is already authorised and waits for the cable");
  return {};
}

Status Station::start(const Turn& turn, ConnectorNumber number, StartedBy by, std::string_view card,
                      SessionLimits limits, bool cable_may_follow, std::string_view parent) {
  if (auto ok = may_start(number, cable_may_follow, card, parent); !ok) return ok;
  const TimePoint now = turn.at.now;
  Connector& connector = at(number);
  integrate(now);
  if (connector.visit == nullptr) connector.visit = std::make_unique<Visit>();
  Visit& visit = *connector.visit;
  visit.started_by = by;
  visit.card = CardNumber(card);
  if (limits.target_soc > 0)
    visit.target_permille = static_cast<std::uint16_t>(limits.target_soc * 1000 + 0.5);
  visit.energy_limit_wh = static_cast<float>(limits.energy_wh);
  if (const Reservation* own = reservation_for(number, card, parent)) {
    visit.reserved = true;
    visit.reservation = own->id;
  }
  if (visit.plugged) {
    begin_session(turn, now, number);
  } else {
    visit.authorized = true;
    visit.act_at = now + turn.settings.supply.connect_timeout;
    apply(turn, now, number, ConnectorEvent::authorize);
  }
  settle(turn, now);
  return {};
}

Status Station::turn_away(const Turn& turn, ConnectorNumber number) {
  if (auto ok = known(number); !ok) return ok;
  Connector& connector = at(number);
  if (connector.visit == nullptr) return refuse(number, "has nobody to turn away");
  if (connector.active()) return refuse(number, "has a session");
  const TimePoint now = turn.at.now;
  integrate(now);
  if (!connector.plugged()) {
    connector.visit.reset();
    apply(turn, now, number, ConnectorEvent::timeout);
    reclaim(turn, now, number);
  } else if (Visit& visit = *connector.visit; visit.driver && !visit.turned_away) {
    visit.turned_away = true;
    visit.act_at = now + patience(drivers_, turn.settings.arrivals.leave_after);
  }
  settle(turn, now);
  return {};
}

Status Station::suspend(const Turn& turn, ConnectorNumber number, bool suspended) {
  if (auto ok = may_stop(number); !ok) return ok;
  integrate(turn.at.now);
  at(number).visit->suspended = suspended;
  settle(turn, turn.at.now);
  return {};
}

Status Station::may_stop(ConnectorNumber number) const {
  if (auto ok = known(number); !ok) return ok;
  if (!connector(number).active()) return refuse(number, "has no session");
  return {};
}

Status Station::stop(const Turn& turn, ConnectorNumber number, StopReason reason) {
  if (auto ok = may_stop(number); !ok) return ok;
  integrate(turn.at.now);
  end_session(turn, turn.at.now, number, reason, ConnectorEvent::stop);
  settle(turn, turn.at.now);
  return {};
}

Status Station::may_raise(ConnectorNumber number) const {
  return number == 0 ? Status{} : known(number);
}

Status Station::raise(const Turn& turn, ConnectorNumber number, FaultCode code) {
  if (auto ok = may_raise(number); !ok) return ok;
  integrate(turn.at.now);
  // What somebody raised holds until somebody clears it, however cool the pile is.
  if (number == 0 && code == FaultCode::over_temperature) overheated_ = false;
  set_fault(turn, turn.at.now, number, code);
  settle(turn, turn.at.now);
  return {};
}

void Station::set_fault(const Turn& turn, TimePoint t, ConnectorNumber number, FaultCode code) {
  FaultSet& place = number == 0 ? faults_ : at(number).faults;
  if (!place.raise(code)) return;
  turn.observer.fault_changed(number, code, true);
  if (number != 0) {
    fail_connector(turn, t, number, code);
    return;
  }
  for (ConnectorNumber n = 1; n <= count_; ++n) fail_connector(turn, t, n, code);
}

void Station::fail_connector(const Turn& turn, TimePoint t, ConnectorNumber number, FaultCode code) {
  Connector& connector = at(number);
  const bool emergency = code == FaultCode::emergency_stop;
  if (connector.active() && (emergency || turn.settings.supply.end_on_fault)) {
    end_session(turn, t, number, emergency ? StopReason::emergency_stop : StopReason::fault,
                ConnectorEvent::fault);
    return;
  }
  if (connector.active()) rest(turn.settings, connector);
  if (connector.visit != nullptr && !connector.plugged() && !connector.active()) connector.visit.reset();
  apply(turn, t, number, ConnectorEvent::fault);
}

Status Station::may_clear(const Turn& turn, ConnectorNumber number, std::optional<FaultCode> code) const {
  if (auto ok = may_raise(number); !ok) return ok;
  if (number == 0 && overheated_ && (!code || *code == FaultCode::over_temperature)) {
    return fail(Errc::rejected,
                fmt::format("the pile is too hot: {:.1f} degC, it recovers below {:.1f} degC",
                            temperature_c(turn.at.now, turn.settings), turn.settings.thermal.derate_at_c));
  }
  return {};
}

Status Station::clear(const Turn& turn, ConnectorNumber number, std::optional<FaultCode> code) {
  if (auto ok = may_clear(turn, number, code); !ok) return ok;
  integrate(turn.at.now);
  clear_fault(turn, turn.at.now, number, code);
  settle(turn, turn.at.now);
  return {};
}

void Station::clear_fault(const Turn& turn, TimePoint t, ConnectorNumber number,
                          std::optional<FaultCode> code) {
  for (ConnectorNumber n = number; n <= (number == 0 ? count_ : number); ++n) {
    FaultSet& place = n == 0 ? faults_ : at(n).faults;
    for (int i = 0; i < kFaultCodes; ++i) {
      const auto each = static_cast<FaultCode>(i);
      if ((!code || *code == each) && place.clear(each)) turn.observer.fault_changed(n, each, false);
    }
  }
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    if (at(n).status == ConnectorStatus::faulted && !faults_.any() && !at(n).faults.any())
      restore(turn, t, n);
  }
}

void Station::restore(const Turn& turn, TimePoint t, ConnectorNumber number) {
  const Connector& connector = at(number);
  const auto event = [&] {
    using enum ConnectorEvent;
    if (connector.active()) {
      if (!connector.plugged()) return restore_suspended_ev;
      return connector.visit->suspended || orders().limit(number).zero() ? restore_suspended_evse
                                                                         : restore_charging;
    }
    const bool faulted = connector.status == ConnectorStatus::faulted;
    if (connector.disabled) return restore_disabled;
    const bool kept = orders().reservation_of(number) != nullptr;
    if (faulted && kept && (!connector.plugged() || !connector.visit->charged)) return restore_reserved;
    if (!connector.plugged()) return restore_free;
    const bool waited = faulted && turn.settings.supply.strict_status && !connector.visit->charged;
    return waited ? restore_waiting : restore_plugged;
  };
  apply(turn, t, number, event());
  reclaim(turn, t, number);
}

Status Station::may_set_available(ConnectorNumber number, bool available, When when) const {
  if (auto ok = known(number); !ok) return ok;
  if (!available && when == When::now && connector(number).active()) return refuse(number, "has a session");
  return {};
}

Status Station::set_available(const Turn& turn, ConnectorNumber number, bool available, When when) {
  if (auto ok = may_set_available(number, available, when); !ok) return ok;
  const TimePoint now = turn.at.now;
  Connector& connector = at(number);
  integrate(now);
  connector.disabled = !available;
  if (!available && !connector.active()) {
    if (connector.visit != nullptr && !connector.visit->plugged) connector.visit.reset();
    if (turn.settings.supply.strict_status && connector.status == ConnectorStatus::preparing)
      apply(turn, now, number, connector.plugged() ? ConnectorEvent::lapse : ConnectorEvent::timeout);
    apply(turn, now, number, ConnectorEvent::disable);
  } else if (connector.status == ConnectorStatus::unavailable) {
    restore(turn, now, number);
  }
  settle(turn, now);
  return {};
}

}  // namespace vfleet::pile
