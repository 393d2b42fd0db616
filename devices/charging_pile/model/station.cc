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
      each.status = each.status == ConnectorStatus::preparing ? ConnectorStatus::available : each.status;
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
}

void Station::reconfigure(const Turn& turn, const Settings& before) {
  const TimePoint now = turn.at.now;
  const Settings& settings = turn.settings;
  integrate(now);
  for (Connector& each : all()) {
    if (!each.plugged()) continue;
    Visit& visit = *each.visit;
    // The battery's level is derived from the register: start afresh from here, with the new efficiency.
    const std::int64_t here = each.meter.register_uwh(Duration(0));
    visit.vehicle.start_wh = static_cast<float>(visit.battery_wh(here, before.supply.efficiency));
    visit.plug_register_uwh = here;
    if (settings.vehicles != before.vehicles) visit.vehicle.kind = Vehicle::kUnknownKind;
  }
  thermal_.set_load(now, power_w() / settings.supply.rated_power_w, before.thermal, settings.thermal);
  if (settings.arrivals != before.arrivals) {
    arrivals_.draw_next(turn.at, now, settings.arrivals, settings.tariff.utc_offset_min);
  }
  settle(turn, now);
}

void Station::happen(const Turn& turn, TimePoint t) {
  due_ = t;
  integrate(t);
  for (ConnectorNumber n = 1; n <= count_; ++n) {
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
    if (!at(n).active()) continue;
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
    voltage = connector.visit->vehicle.pack_voltage_v * (0.92 + 0.16 * soc);
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

void Station::deliver(const Turn& turn, TimePoint t, ConnectorNumber number, double voltage, double granted_w,
                      double wanted_w) {
  Connector& connector = at(number);
  const SupplyConfig& supply = turn.settings.supply;
  if (granted_w < wanted_w && granted_w < std::max(supply.min_power_w, 1.0)) {
    rest(turn.settings, connector);
    if (connector.status != ConnectorStatus::suspended_evse)
      apply(turn, t, number, ConnectorEvent::suspend_evse);
    return;
  }
  connector.meter.set(voltage, granted_w, connector.visit->vehicle.phases, supply.connector_current_a);
  if (connector.status != ConnectorStatus::charging) apply(turn, t, number, ConnectorEvent::resume);
}

void Station::rest(const Settings& settings, Connector& connector) const {
  connector.meter.rest(kind_ == SupplyKind::ac ? settings.supply.grid_voltage_v : 0, phases_);
}

void Station::plan(const Turn& turn, TimePoint t) {
  const Settings& settings = turn.settings;
  const SupplyConfig& supply = settings.supply;
  std::array<double, kConnectorsMax> voltage;
  std::array<double, kConnectorsMax> wanted;
  std::array<double, kConnectorsMax> granted;
  std::array<double, kConnectorsMax> rest_wh;
  std::array<ConnectorNumber, kConnectorsMax> who;
  std::size_t drawing = 0;
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    Connector& connector = at(n);
    if (!connector.active()) continue;
    rest_wh[drawing] =
        connector.visit->remaining(connector.meter.register_uwh(Duration(0)), supply.efficiency).wh;
    if (rest_wh[drawing] <= kDoneWh) {
      rest(settings, connector);
      if (connector.status != ConnectorStatus::suspended_ev) apply(turn, t, n, ConnectorEvent::suspend_ev);
      continue;
    }
    who[drawing] = n;
    voltage[drawing] = voltage_v(settings, t, connector);
    wanted[drawing] = granted[drawing] = demand_w(settings, connector, voltage[drawing]);
    ++drawing;
  }

  TimePoint step = kNever;
  TimePoint seen = kNever;
  if (drawing > 0) {
    const double available =
        supply.rated_power_w * supply.power_limit * thermal_.derating(t, settings.thermal);
    share_power(available, {granted.data(), drawing});
    const WallTime wall = turn.at.wall_at(t);
    const LocalTime local = local_time(wall, settings.tariff.utc_offset_min);
    period_ = settings.tariff.period_of_hour[static_cast<std::size_t>(local.hour)];
    step = t + std::min(kStep, local.left);
    bool watch_closely = false;
    for (std::size_t i = 0; i < drawing; ++i) {
      deliver(turn, t, who[i], voltage[i], granted[i], wanted[i]);
      const Connector& connector = at(who[i]);
      const double power = connector.meter.power_w();
      watch_closely |= !(power > 0);
      if (!(power > 0)) continue;
      const auto after = [&](double watts) {
        return t + std::chrono::microseconds(
                       static_cast<std::int64_t>(std::min(rest_wh[i] / watts, 1e6) * 3.6e9) + 1000);
      };
      step = std::min(step, after(power));
      // Demand only falls as the battery fills, so the end cannot come before this.
      seen = std::min(seen, after(std::max(wanted[i], power)));
    }
    thermal_.set_load(t, power_w() / supply.rated_power_w, settings.thermal, settings.thermal);
    watch_closely |= thermal_.target_c() > settings.thermal.derate_at_c;
    seen = watch_closely ? step : std::max(step, seen);
  } else {
    thermal_.set_load(t, 0, settings.thermal, settings.thermal);
  }

  TimePoint sure = arrivals_.next();
  for (const Connector& each : all()) {
    if (each.visit != nullptr) sure = std::min(sure, each.visit->act_at);
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
  if (!visit.plugged) {
    connector.visit.reset();
    apply(turn, t, number, ConnectorEvent::timeout);
  } else if (connector.status == ConnectorStatus::preparing) {
    if (turn.observer.card_presented(number, visit.card.view())) return;
    begin_session(turn, t, number);
  } else {
    detach(turn, t, number);
  }
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

Bill Station::bill(ConnectorNumber number, TimePoint now, const TariffConfig& tariff) const {
  const Connector& it = connector(number);
  if (!it.active()) return {};
  std::array<EnergyTenths, kPeriods> energies;
  std::copy(it.visit->booked.begin(), it.visit->booked.end(), energies.begin());
  energies[static_cast<std::size_t>(period_)] += energy(number, now) - it.meter.register_tenths(Duration(0));
  return make_bill(energies, it.visit->start_register_uwh / 100'000, tariff);
}

}  // namespace vfleet::pile
