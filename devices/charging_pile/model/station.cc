// The run of time: what happens by itself, and what can be seen.
#include "devices/charging_pile/model/station.h"

#include <array>
#include <cmath>

#include "devices/charging_pile/model/power_sharing.h"
#include "simulator/core/hash.h"

namespace vfleet::pile {
namespace {

/// While it charges, power is worked out anew at least this often: SoC, taper and temperature move slowly.
constexpr Duration kStep = std::chrono::seconds(10);
/// A session whose rest is less than this is at its end; at any power that is a moment.
constexpr double kDoneWh = 1e-3;
/// Rounding of float temperatures.
constexpr double kDegreesTolerance = 0.01;

}  // namespace

Station::Station(std::uint64_t seed, std::uint64_t identity, const Settings& settings)
    : drivers_(seed, identity, "drivers"),
      arrivals_(seed, identity),
      noise_(Random(seed, identity, "voltage").next()) {
  resize(settings.supply.connectors);
}

void Station::boot(const Turn& turn) {
  const TimePoint now = turn.at.now;
  const Settings& settings = turn.settings;
  const bool first = !booted();
  booted_ = now;
  if (first) {
    thermal_.reset(now, settings.thermal);
    step_at_ = now;
  }
  // Nobody looked since the power went off, and when that was is not known: no more than the step then begun.
  integrate(std::min(now, due_));
  step_at_ = now;
  end_sessions(turn, StopReason::power_loss);
  kind_ = settings.supply.kind;
  phases_ = static_cast<std::uint8_t>(kind_ == SupplyKind::ac ? settings.supply.phases : 1);
  resize(settings.supply.connectors);
  for (Connector& each : all()) {
    if (each.visit != nullptr && !each.visit->plugged) {
      each.visit.reset();
      const bool ends =
          each.status == ConnectorStatus::preparing || each.status == ConnectorStatus::finishing;
      if (ends) each.status = ConnectorStatus::available;
    }
    const auto number = static_cast<ConnectorNumber>(&each - connectors_.get()) + 1;
    if (each.status == ConnectorStatus::available && each.visit == nullptr &&
        orders().reservation_of(number) != nullptr) {
      each.status = ConnectorStatus::reserved;
    }
    if (faults_.any()) each.status = ConnectorStatus::faulted;
    rest(settings, each);
  }
  if (first || arrivals_.next() < now)
    arrivals_.draw_next(turn.at, now, settings.arrivals, settings.tariff.utc_offset_min);
  settle(turn, now);
}

void Station::resize(int connectors) {
  if (connectors == count_) return;
  auto fresh = std::make_unique<Connector[]>(static_cast<std::size_t>(connectors));
  for (int i = 0; i < std::min<int>(connectors, count_); ++i) fresh[i] = std::move(connectors_[i]);
  connectors_ = std::move(fresh);
  count_ = static_cast<std::uint8_t>(connectors);
  if (orders_ == nullptr) return;
  std::erase_if(orders_->reservations, [&](const Reservation& each) { return each.connector > connectors; });
  std::erase_if(orders_->repairs, [&](const Repair& each) { return each.connector > connectors; });
}

void Station::reconfigure(const Turn& turn, const Settings& before) {
  const TimePoint now = turn.at.now;
  const Settings& settings = turn.settings;
  integrate(now);
  for (Connector& each : all()) {
    if (each.visit == nullptr || each.visit->vehicle.battery_wh <= 0) continue;
    Visit& visit = *each.visit;
    // The battery's level is derived from the register: start afresh from here, with the new efficiency.
    const std::int64_t here = each.meter.register_uwh(Duration(0));
    visit.vehicle.start_wh = static_cast<float>(visit.battery_wh(here, before.supply.efficiency));
    visit.plug_register_uwh = here;
    if (settings.vehicles != before.vehicles) visit.vehicle.kind = Vehicle::kUnknownKind;
  }
  thermal_.set_load(now, power_w() / settings.supply.rated_power_w, before.thermal, settings.thermal);
  if (!settings.arrivals.same_rate(before.arrivals)) {
    arrivals_.draw_next(turn.at, now, settings.arrivals, settings.tariff.utc_offset_min);
  }
  settle(turn, now);
}

void Station::happen(const Turn& turn, TimePoint t) {
  due_ = t;
  integrate(t);
  if (orders_ != nullptr) keep_orders(turn, t);
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    if (at(n).visit != nullptr && at(n).visit->mishap_at <= t) mishap(turn, t, n);
    if (at(n).visit != nullptr && at(n).visit->act_at <= t) drive(turn, t, n);
  }
  if (arrivals_.next() <= t) arrive(turn, t);
  settle(turn, t);
}

void Station::integrate(TimePoint t) {
  const Duration elapsed = t - step_at_;
  if (elapsed.count() <= 0) return;
  for (Connector& each : all()) {
    if (each.meter.current_ca() == 0) continue;
    const EnergyTenths before = each.meter.register_tenths(Duration(0));
    each.meter.commit(elapsed);
    if (each.active()) {
      each.visit->booked[static_cast<std::size_t>(period_)] +=
          static_cast<std::uint32_t>(each.meter.register_tenths(Duration(0)) - before);
    }
  }
  step_at_ = t;
}

void Station::settle(const Turn& turn, TimePoint t) {
  due_ = t;
  step_at_ = t;
  const SupplyConfig& supply = turn.settings.supply;
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    if (!at(n).active() || !at(n).plugged() || at(n).status == ConnectorStatus::faulted) continue;
    const auto rest = at(n).visit->remaining(at(n).meter.register_uwh(Duration(0)), supply.efficiency);
    if (rest.wh > kDoneWh || (rest.reason == StopReason::battery_full && !supply.stop_when_full)) continue;
    end_session(turn, t, n, rest.reason, ConnectorEvent::stop);
  }
  judge_temperature(turn, t);
  plan(turn, t);
}

double Station::voltage_v(const Settings& settings, TimePoint t, const Connector& connector) const {
  double voltage = settings.supply.grid_voltage_v;
  if (kind_ == SupplyKind::dc) {
    const double soc =
        connector.visit->soc(connector.meter.register_uwh(Duration(0)), settings.supply.efficiency);
    voltage = pack_voltage(connector.visit->vehicle.pack_voltage_v, soc);
  }
  const std::uint64_t bits = mix(noise_, static_cast<std::uint64_t>(t.time_since_epoch().count()));
  const double noise = static_cast<double>(bits >> 11) * 0x1.0p-53 - 0.5;
  return voltage * (1 + settings.supply.voltage_ripple * noise);
}

double Station::demand_w(const Settings& settings, const Connector& connector, double voltage) const {
  const SupplyConfig& supply = settings.supply;
  const Visit& visit = *connector.visit;
  const double soc = visit.soc(connector.meter.register_uwh(Duration(0)), supply.efficiency);
  const double limit = supply.connector_power_w > 0 ? supply.connector_power_w : supply.rated_power_w;
  const double wanted = static_cast<double>(visit.vehicle.max_power_w) *
                        taper_factor(soc, visit.vehicle.taper_percent / 100.0, supply.taper_floor);
  return std::min({wanted, limit, voltage * visit.vehicle.phases * supply.connector_current_a});
}

bool Station::wants(const Turn& turn, TimePoint t, ConnectorNumber number, Draw& draw) {
  const Settings& settings = turn.settings;
  const SupplyConfig& supply = settings.supply;
  Connector& connector = at(number);
  const auto idle = [&](ConnectorStatus status, ConnectorEvent event) {
    rest(settings, connector);
    if (connector.status != status) apply(turn, t, number, event);
    return false;
  };
  if (connector.status == ConnectorStatus::faulted) {
    rest(settings, connector);
    return false;
  }
  const Visit& visit = *connector.visit;
  if (!visit.plugged) return idle(ConnectorStatus::suspended_ev, ConnectorEvent::suspend_ev);
  const PowerLimit limit = orders().limit(number);
  // Of two reasons, the pile's is told.
  if (visit.suspended || limit.zero())
    return idle(ConnectorStatus::suspended_evse, ConnectorEvent::suspend_evse);
  draw.rest_wh = visit.remaining(connector.meter.register_uwh(Duration(0)), supply.efficiency).wh;
  if (draw.rest_wh <= kDoneWh) return idle(ConnectorStatus::suspended_ev, ConnectorEvent::suspend_ev);
  draw.who = number;
  draw.phases = limit.phases_of(visit.vehicle.phases);
  draw.current_max_a = std::min(supply.connector_current_a, limit.amperes());
  draw.voltage = voltage_v(settings, t, connector);
  draw.wanted_w = demand_w(settings, connector, draw.voltage);
  return true;
}

void Station::share(const Turn& turn, TimePoint t, std::span<Draw> draws, std::span<double> granted_w) const {
  const SupplyConfig& supply = turn.settings.supply;
  const PowerLimit all = orders().limit(0);
  // Amperes of the grid; those of a DC connector are of the battery.
  const double grid_w = supply.grid_voltage_v * supply.phases * all.amperes();
  const double available =
      std::min({supply.rated_power_w * supply.power_limit * thermal_.derating(t, turn.settings.thermal),
                all.watts(), kind_ == SupplyKind::dc ? grid_w : PowerLimit::kNoLimit});
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const Draw& draw = draws[i];
    const PowerLimit own = orders().limit(draw.who);
    const int phases = connector(draw.who).visit->vehicle.phases;
    granted_w[i] = draw.wanted_w;
    if (own == PowerLimit{}) continue;
    granted_w[i] = std::min(
        {draw.wanted_w * draw.phases / phases, own.watts(), draw.voltage * draw.phases * draw.current_max_a});
  }
  share_power(available, granted_w);
  if (kind_ == SupplyKind::dc || all.unit != PowerLimit::Unit::amperes) return;
  // Every vehicle uses the first phase: its current is what is shared.
  std::array<double, kConnectorsMax> amperes;
  for (std::size_t i = 0; i < draws.size(); ++i)
    amperes[i] = granted_w[i] / (draws[i].voltage * draws[i].phases);
  share_power(all.amperes(), {amperes.data(), draws.size()});
  for (std::size_t i = 0; i < draws.size(); ++i) {
    draws[i].current_max_a = std::min(draws[i].current_max_a, amperes[i]);
    granted_w[i] = std::min(granted_w[i], amperes[i] * draws[i].voltage * draws[i].phases);
  }
}

void Station::deliver(const Turn& turn, TimePoint t, const Draw& draw, double granted_w) {
  Connector& connector = at(draw.who);
  if (granted_w < draw.wanted_w && granted_w < std::max(turn.settings.supply.min_power_w, 1.0)) {
    rest(turn.settings, connector);
    if (connector.status != ConnectorStatus::suspended_evse)
      apply(turn, t, draw.who, ConnectorEvent::suspend_evse);
    return;
  }
  connector.meter.set(draw.voltage, granted_w, draw.phases, draw.current_max_a);
  if (connector.status != ConnectorStatus::charging) apply(turn, t, draw.who, ConnectorEvent::resume);
}

void Station::rest(const Settings& settings, Connector& connector) const {
  connector.meter.rest(kind_ == SupplyKind::ac ? settings.supply.grid_voltage_v : 0, phases_);
}

void Station::plan(const Turn& turn, TimePoint t) {
  const Settings& settings = turn.settings;
  const SupplyConfig& supply = settings.supply;
  std::array<Draw, kConnectorsMax> draws;
  std::array<double, kConnectorsMax> granted;
  std::size_t drawing = 0;
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    if (at(n).active() && wants(turn, t, n, draws[drawing])) ++drawing;
  }

  TimePoint step = kNever;
  TimePoint seen = kNever;
  if (drawing > 0) {
    share(turn, t, {draws.data(), drawing}, {granted.data(), drawing});
    const RateNow rate =
        rate_at(rates(settings.tariff), local_time(turn.at.wall_at(t), settings.tariff.utc_offset_min));
    period_ = rate.period;
    step = t + std::min(kStep, rate.left);
    bool watch_closely = false;
    for (std::size_t i = 0; i < drawing; ++i) {
      deliver(turn, t, draws[i], granted[i]);
      const double power = at(draws[i].who).meter.power_w();
      watch_closely |= !(power > 0);
      if (!(power > 0)) continue;
      const auto after = [&](double watts) {
        return t + std::chrono::microseconds(
                       static_cast<std::int64_t>(std::min(draws[i].rest_wh / watts, 1e6) * 3.6e9) + 1000);
      };
      step = std::min(step, after(power));
      // Demand only falls as the battery fills, so the end cannot come before this.
      seen = std::min(seen, after(std::max(draws[i].wanted_w, power)));
    }
    thermal_.set_load(t, power_w() / supply.rated_power_w, settings.thermal, settings.thermal);
    watch_closely |= thermal_.target_c() > settings.thermal.derate_at_c;
    seen = watch_closely ? step : std::max(step, seen);
  } else {
    thermal_.set_load(t, 0, settings.thermal, settings.thermal);
  }

  TimePoint sure = std::min(arrivals_.next(), orders().next());
  for (const Connector& each : all()) {
    if (each.visit != nullptr) sure = std::min({sure, each.visit->act_at, each.visit->mishap_at});
  }
  if (overheated_) {
    sure = std::min(sure, thermal_.passes(t, settings.thermal.derate_at_c, settings.thermal));
  } else if (thermal_.target_c() > settings.thermal.fault_at_c && !faults_.has(FaultCode::over_temperature)) {
    sure = std::min(sure, thermal_.passes(t, settings.thermal.fault_at_c, settings.thermal));
  }
  due_ = std::min(sure, step);
  wake_ = std::min(sure, seen);
}

void Station::judge_temperature(const Turn& turn, TimePoint t) {
  const ThermalConfig& thermal = turn.settings.thermal;
  if (!overheated_ && thermal_.at_most_c() < thermal.fault_at_c - kDegreesTolerance) return;
  const double here = thermal_.temperature_c(t, thermal);
  if (overheated_ && here <= thermal.derate_at_c + kDegreesTolerance) {
    overheated_ = false;
    clear_fault(turn, t, 0, FaultCode::over_temperature);
  } else if (!faults_.has(FaultCode::over_temperature) && here >= thermal.fault_at_c - kDegreesTolerance) {
    set_fault(turn, t, 0, FaultCode::over_temperature);
    overheated_ = true;
  }
}

void Station::arrive(const Turn& turn, TimePoint t) {
  const Settings& settings = turn.settings;
  arrivals_.draw_next(turn.at, t, settings.arrivals, settings.tariff.utc_offset_min);
  // Those that are kept for somebody are not free, whichever they will be.
  if (orders_ != nullptr && free_connectors(0) <= orders_->of_any_connector()) return;
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    if (at(n).visit != nullptr || at(n).status != ConnectorStatus::available) continue;
    attach(turn, t, n, draw_vehicle(settings.vehicles, drivers_), 0, true);
    return;
  }
}

void Station::drive(const Turn& turn, TimePoint t, ConnectorNumber number) {
  Connector& connector = at(number);
  Visit& visit = *connector.visit;
  visit.act_at = kNever;
  if (!visit.plugged && visit.active) {
    reattach(turn, t, number);
  } else if (!visit.plugged) {
    const bool held = holds_cable(number);
    connector.visit.reset();
    apply(turn, t, number, held ? ConnectorEvent::unplug : ConnectorEvent::timeout);
    reclaim(turn, t, number);
  } else if (!visit.driver) {
    if (connector.status == ConnectorStatus::preparing) apply(turn, t, number, ConnectorEvent::lapse);
  } else if (connector.status == ConnectorStatus::preparing && !visit.turned_away) {
    if (turn.observer.card_presented(number, visit.card.view())) return;
    begin_session(turn, t, number);
  } else {
    detach(turn, t, number);
  }
}

void Station::mishap(const Turn& turn, TimePoint t, ConnectorNumber number) {
  Visit& visit = *at(number).visit;
  visit.mishap_at = kNever;
  const FaultCode code = visit.mishap;
  Random random(mix(noise_, at(number).sessions), visit.arrival, "repair");
  const double mean_us = static_cast<double>(to_us(turn.settings.arrivals.repair_after));
  const auto lasts = std::chrono::microseconds(static_cast<std::int64_t>(random.exponential(mean_us)) + 1);
  auto& repairs = make_orders().repairs;
  const Repair* earlier = orders_->repair_of(number);
  Repair& repair = earlier != nullptr ? repairs[static_cast<std::size_t>(earlier - repairs.data())]
                                      : repairs.emplace_back();
  repair.connector = number;
  repair.codes.raise(code);
  repair.at = t + lasts;
  set_fault(turn, t, number, code);
}

ConnectorStatus Station::status() const {
  ConnectorStatus most = connectors_[0].status;
  for (const Connector& each : all()) {
    if (significance(each.status) > significance(most)) most = each.status;
  }
  return most;
}

std::optional<FaultCode> Station::fault(ConnectorNumber number) const {
  if (number > 0) {
    const auto own = connector(number).faults.first();
    return own ? own : faults_.first();
  }
  if (auto common = faults_.first()) return common;
  for (const Connector& each : all()) {
    if (auto own = each.faults.first()) return own;
  }
  return std::nullopt;
}

EnergyTenths Station::energy(ConnectorNumber number, TimePoint now) const {
  return connector(number).meter.register_tenths(since_step(now));
}

EnergyTenths Station::session_energy(ConnectorNumber number, TimePoint now) const {
  if (!connector(number).active()) return 0;
  return energy(number, now) - connector(number).visit->start_register_uwh / 100'000;
}

double Station::soc(ConnectorNumber number, TimePoint now, const Settings& settings) const {
  const Connector& it = connector(number);
  if (!it.plugged()) return 0;
  return std::clamp(it.visit->soc(it.meter.register_uwh(since_step(now)), settings.supply.efficiency), 0.0,
                    1.0);
}

double Station::power_w() const {
  std::int64_t total_mw = 0;
  for (const Connector& each : all()) total_mw += each.meter.power_mw();
  return static_cast<double>(total_mw) / 1000.0;
}

double Station::offered_w(ConnectorNumber number, const Settings& settings) const {
  const SupplyConfig& supply = settings.supply;
  const Connector& it = connector(number);
  if (it.active() && it.visit->suspended) return 0;
  const PowerLimit own = orders().limit(number);
  const PowerLimit all = orders().limit(0);
  const int phases = own.phases_of(it.plugged() ? it.visit->vehicle.phases : phases_);
  const bool dc = kind_ == SupplyKind::dc;
  const double volts =
      !dc            ? supply.grid_voltage_v
      : it.plugged() ? pack_voltage(it.visit->vehicle.pack_voltage_v,
                                    it.visit->soc(it.meter.register_uwh(Duration(0)), supply.efficiency))
                     : 0;
  const double amperes =
      std::min({supply.connector_current_a, own.amperes(), dc ? PowerLimit::kNoLimit : all.amperes()});
  const double connector_w = supply.connector_power_w > 0 ? supply.connector_power_w : supply.rated_power_w;
  double most = std::min({supply.rated_power_w * supply.power_limit, connector_w, own.watts(), all.watts()});
  if (dc) most = std::min(most, supply.grid_voltage_v * supply.phases * all.amperes());
  return volts > 0 ? std::min(most, volts * phases * amperes) : most;
}

std::optional<Battery> Station::battery(ConnectorNumber number, TimePoint now,
                                        const Settings& settings) const {
  const Connector& it = connector(number);
  if (!it.plugged()) return std::nullopt;
  const Visit& visit = *it.visit;
  const double efficiency = settings.supply.efficiency;
  const std::int64_t shown = it.meter.register_uwh(since_step(now));
  const bool dc = kind_ == SupplyKind::dc;
  const double power = it.meter.power_w();
  BatteryInput in{.vehicle = visit.vehicle,
                  .key = mix(noise_, visit.arrival),
                  .soc = std::clamp(visit.soc(shown, efficiency), 0.0, 1.0),
                  .voltage_v = dc && power > 0 ? it.meter.voltage_dv() / 10.0 : 0,
                  .current_a = it.meter.current_ca() / 100.0,
                  .power_w = power,
                  .battery_rest_wh = std::max(0.0, visit.remaining(shown, efficiency).wh) * efficiency,
                  .charging_for = visit.active ? now - visit.started : Duration(0)};
  if (!dc) in.current_a = power * efficiency / pack_voltage(visit.vehicle.pack_voltage_v, in.soc);
  return battery_of(in, settings);
}

Bill Station::bill(ConnectorNumber number, TimePoint now, const TariffConfig& tariff) const {
  const Connector& it = connector(number);
  if (!it.active()) return {};
  std::array<EnergyTenths, kPeriods> energies;
  std::copy(it.visit->booked.begin(), it.visit->booked.end(), energies.begin());
  energies[static_cast<std::size_t>(period_)] += energy(number, now) - it.meter.register_tenths(Duration(0));
  return make_bill(energies, it.visit->start_register_uwh / 100'000, rates(tariff));
}

}  // namespace vfleet::pile
