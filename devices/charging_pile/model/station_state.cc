// What of a station survives its process.
#include <cmath>
#include <cstring>
#include <limits>

#include "devices/charging_pile/model/station.h"
#include "simulator/core/random_state.h"

namespace vfleet::pile {
namespace {

constexpr std::uint8_t kVersion = 2;

struct StationBytes {
  std::uint8_t version = kVersion;
  std::uint8_t connectors = 0;
  std::uint8_t supply = 0;
  std::uint8_t phases = 1;
  std::uint16_t faults = 0;
  std::uint8_t overheated = 0;
  std::uint8_t reservations = 0;
  std::uint32_t driver_draws = 0;
  std::uint32_t arrival_draws = 0;
  std::int64_t next_arrival_us = 0;  // wall clock of the model; 0: nobody comes
  std::int64_t booted_us = 0;
  std::int32_t temperature_mc = 0;
  std::int32_t target_mc = 0;
  std::uint32_t arrived = 0;
  std::uint8_t limits = 0;
  std::uint8_t repairs = 0;
  std::uint8_t rates = 0;  // 1: of the platform
  std::uint8_t spare = 0;
};

struct ConnectorBytes {
  std::int64_t register_uwh = 0;
  std::uint32_t sessions = 0;
  std::uint16_t faults = 0;
  std::uint8_t status = 0;
  std::uint8_t flags = 0;  // kDisabled, kVisited: VisitBytes follow
};

struct VisitBytes {
  std::int64_t plug_register_uwh = 0;
  std::int64_t start_register_uwh = 0;
  std::int64_t started_us = 0;
  std::int64_t act_in_us = -1;     // from now; -1: never
  std::int64_t mishap_in_us = -1;  // the same
  std::array<std::uint32_t, kPeriods> booked{};
  std::array<char, CardNumber::kMax> card{};
  std::uint32_t battery_mwh = 0;
  std::uint32_t start_mwh = 0;
  std::uint32_t max_power_mw = 0;
  std::uint32_t energy_limit_mwh = 0;
  std::uint32_t boot = 0;
  std::uint32_t arrival = 0;
  std::int32_t reservation = 0;
  std::uint16_t pack_voltage_v = 0;
  std::uint16_t target_permille = 0;
  std::uint8_t taper_percent = 0;
  std::uint8_t phases = 0;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;  // kPlugged ..
  std::uint8_t started_by = 0;
  std::uint8_t chemistry = 0;
  std::uint8_t mishap = 0;
  std::uint8_t spare = 0;
};

struct ReservationBytes {
  std::int64_t until_us = 0;  // wall clock of the model
  std::int32_t id = 0;
  std::uint32_t connector = 0;
  std::array<char, CardNumber::kMax> card{};
  std::array<char, CardNumber::kMax> parent{};
};

struct LimitBytes {
  float value = 0;
  std::uint8_t unit = 0;
  std::uint8_t phases = 0;
  std::uint16_t spare = 0;
};

struct RepairBytes {
  std::int64_t in_us = 0;  // from now
  std::uint16_t codes = 0;
  std::uint16_t connector = 0;
  std::uint32_t spare = 0;
};

struct RatesBytes {
  std::array<std::int64_t, 2 * kPeriods> price_e5{};  // energy and service of each
  std::array<std::uint8_t, kHalfHours> period{};
};

static_assert(sizeof(StationBytes) == 48 && sizeof(ConnectorBytes) == 16 && sizeof(VisitBytes) == 120);
static_assert(sizeof(ReservationBytes) == 56 && sizeof(LimitBytes) == 8 && sizeof(RepairBytes) == 16 &&
              sizeof(RatesBytes) == 112);
static_assert(kConnectorsMax <= UINT8_MAX);

/// The latest expiry that is kept.
constexpr std::int64_t kFar = to_us(std::chrono::hours(24 * 365 * 200));

constexpr std::uint8_t kDisabled = 1;
constexpr std::uint8_t kVisited = 2;
constexpr std::uint8_t kPlugged = 1;
constexpr std::uint8_t kDriver = 2;
constexpr std::uint8_t kAuthorized = 4;
constexpr std::uint8_t kActive = 8;
constexpr std::uint8_t kCharged = 16;
constexpr std::uint8_t kSuspended = 32;
constexpr std::uint8_t kTurnedAway = 64;
constexpr std::uint8_t kReserved = 128;

std::uint32_t thousandths(float value) {
  return static_cast<std::uint32_t>(
      std::clamp(std::round(static_cast<double>(value) * 1000), 0.0, static_cast<double>(UINT32_MAX)));
}
float from_thousandths(std::uint32_t value) {
  return static_cast<float>(value / 1000.0);
}

template <class T>
bool take(std::span<const std::byte>& from, T& to) {
  if (from.size() < sizeof to) return false;
  std::memcpy(&to, from.data(), sizeof to);
  from = from.subspan(sizeof to);
  return true;
}

VisitBytes bytes_of(const Visit& visit, const Moment& at, std::uint32_t boot) {
  VisitBytes out;
  out.plug_register_uwh = visit.plug_register_uwh;
  out.battery_mwh = thousandths(visit.vehicle.battery_wh);
  out.start_mwh = thousandths(visit.vehicle.start_wh);
  out.max_power_mw = thousandths(visit.vehicle.max_power_w);
  out.pack_voltage_v = visit.vehicle.pack_voltage_v;
  out.taper_percent = visit.vehicle.taper_percent;
  out.phases = visit.vehicle.phases;
  out.kind = visit.vehicle.kind;
  out.chemistry = static_cast<std::uint8_t>(visit.vehicle.chemistry);
  const auto from_now = [&](TimePoint t) {
    return t == kNever ? -1 : std::max<std::int64_t>(0, to_us(Duration(t - at.now)));
  };
  out.act_in_us = from_now(visit.act_at);
  out.mishap_in_us = from_now(visit.mishap_at);
  out.mishap = static_cast<std::uint8_t>(visit.mishap);
  out.arrival = visit.arrival;
  out.reservation = visit.reservation;
  const auto flag = [](bool set, std::uint8_t bit) { return set ? bit : std::uint8_t{0}; };
  out.flags = static_cast<std::uint8_t>(
      flag(visit.plugged, kPlugged) | flag(visit.driver, kDriver) | flag(visit.authorized, kAuthorized) |
      flag(visit.active, kActive) | flag(visit.charged, kCharged) | flag(visit.suspended, kSuspended) |
      flag(visit.turned_away, kTurnedAway) | flag(visit.reserved, kReserved));
  out.start_register_uwh = visit.start_register_uwh;
  out.started_us = to_us(visit.started_wall);
  out.booked = visit.booked;
  const std::string_view card = visit.card.view();
  std::copy(card.begin(), card.end(), out.card.begin());
  out.energy_limit_mwh = thousandths(visit.energy_limit_wh);
  out.boot = visit.active && visit.boot != 0 ? visit.boot : boot;
  out.target_permille = visit.target_permille;
  out.started_by = static_cast<std::uint8_t>(visit.started_by);
  return out;
}

// The vehicle stays, its session is over: as Station::end_session leaves it.
void end(VisitBytes& visit) {
  visit.flags &= static_cast<std::uint8_t>(~(kActive | kSuspended | kReserved));
  visit.mishap_in_us = -1;
  visit.started_by = static_cast<std::uint8_t>(StartedBy::nobody);
  visit.target_permille = 0;
  visit.energy_limit_mwh = 0;
  visit.card = {};
}

bool sound(const VisitBytes& visit, const ConnectorBytes& connector) {
  const bool active = (visit.flags & kActive) != 0;
  const bool plugged = (visit.flags & kPlugged) != 0;
  const auto status = static_cast<ConnectorStatus>(connector.status);
  // A session outlives a fault or its cable where it is configured to.
  if (active && !in_session(status) && status != ConnectorStatus::faulted) return false;
  if (!active && in_session(status)) return false;
  if (active && !plugged && status == ConnectorStatus::charging) return false;
  const bool vehicle = plugged || active;
  if (vehicle && (visit.battery_mwh == 0 || visit.phases == 0 || visit.phases > 3)) return false;
  constexpr std::int64_t kLong = to_us(std::chrono::hours(24 * 366));
  return visit.started_by <= static_cast<std::uint8_t>(StartedBy::cable) && visit.act_in_us >= -1 &&
         visit.act_in_us < kLong && visit.mishap_in_us >= -1 && visit.mishap_in_us < kLong &&
         visit.chemistry < kChemistries && visit.mishap < kFaultCodes && visit.plug_register_uwh >= 0 &&
         visit.start_register_uwh >= 0 && visit.started_us >= 0 && visit.started_us <= kFar;
}

Visit visit_of(const VisitBytes& from, const Moment& at, std::size_t vehicles) {
  Visit visit;
  visit.vehicle = {.battery_wh = from_thousandths(from.battery_mwh),
                   .start_wh = from_thousandths(from.start_mwh),
                   .max_power_w = from_thousandths(from.max_power_mw),
                   .pack_voltage_v = from.pack_voltage_v,
                   .taper_percent = from.taper_percent,
                   .phases = from.phases,
                   .kind = from.kind < vehicles ? from.kind : Vehicle::kUnknownKind,
                   .chemistry = static_cast<Chemistry>(from.chemistry)};
  visit.plugged = (from.flags & kPlugged) != 0;
  visit.driver = (from.flags & kDriver) != 0;
  visit.authorized = (from.flags & kAuthorized) != 0;
  visit.active = (from.flags & kActive) != 0;
  visit.charged = (from.flags & kCharged) != 0;
  visit.suspended = (from.flags & kSuspended) != 0;
  visit.turned_away = (from.flags & kTurnedAway) != 0;
  visit.reserved = (from.flags & kReserved) != 0;
  visit.reservation = from.reservation;
  visit.arrival = from.arrival;
  visit.mishap = static_cast<FaultCode>(from.mishap);
  if (from.mishap_in_us >= 0) visit.mishap_at = at.now + std::chrono::microseconds(from.mishap_in_us);
  visit.started_by = static_cast<StartedBy>(from.started_by);
  visit.target_permille = from.target_permille;
  visit.energy_limit_wh = from_thousandths(from.energy_limit_mwh);
  visit.card = CardNumber({from.card.data(), from.card.size()});
  visit.booked = from.booked;
  visit.plug_register_uwh = from.plug_register_uwh;
  visit.start_register_uwh = from.start_register_uwh;
  visit.started_wall = WallTime(std::chrono::microseconds(from.started_us));
  visit.started = at.now - Duration(at.wall - visit.started_wall);
  visit.boot = visit.active ? from.boot : 0;
  if (from.act_in_us >= 0) visit.act_at = at.now + std::chrono::microseconds(from.act_in_us);
  return visit;
}

void put_card(const CardNumber& card, std::array<char, CardNumber::kMax>& out) {
  std::copy(card.view().begin(), card.view().end(), out.begin());
}

RatesBytes bytes_of(const RateTable& rates) {
  RatesBytes out;
  for (std::size_t i = 0; i < kPeriods; ++i) {
    out.price_e5[2 * i] = rates.rates[i].energy_e5;
    out.price_e5[2 * i + 1] = rates.rates[i].service_e5;
  }
  for (std::size_t i = 0; i < kHalfHours; ++i)
    out.period[i] = static_cast<std::uint8_t>(rates.period_of_half_hour[i]);
  return out;
}

std::optional<RateTable> rates_of(const RatesBytes& from) {
  RateTable rates;
  for (std::size_t i = 0; i < kPeriods; ++i) {
    rates.rates[i] = {from.price_e5[2 * i], from.price_e5[2 * i + 1]};
    if (rates.rates[i].energy_e5 < 0 || rates.rates[i].service_e5 < 0) return std::nullopt;
  }
  for (std::size_t i = 0; i < kHalfHours; ++i) {
    if (from.period[i] >= kPeriods) return std::nullopt;
    rates.period_of_half_hour[i] = static_cast<Period>(from.period[i]);
  }
  return rates;
}

// What follows the connectors. False: the bytes are not from save().
bool take_orders(std::span<const std::byte>& saved, const StationBytes& head, const Moment& at, Orders& out) {
  for (int i = 0; i < head.reservations; ++i) {
    ReservationBytes from;
    if (!take(saved, from) || from.connector > head.connectors) return false;
    if (from.until_us < 0 || from.until_us > kFar) return false;
    const TimePoint until = at.now + Duration(WallTime(std::chrono::microseconds(from.until_us)) - at.wall);
    out.reservations.push_back({.connector = static_cast<int>(from.connector),
                                .id = from.id,
                                .card = CardNumber({from.card.data(), from.card.size()}),
                                .parent = CardNumber({from.parent.data(), from.parent.size()}),
                                .until = until});
  }
  for (int i = 0; i < head.limits; ++i) {
    LimitBytes from;
    if (!take(saved, from) || from.unit > static_cast<std::uint8_t>(PowerLimit::Unit::amperes) ||
        from.phases > 3 || !std::isfinite(from.value) || from.value < 0)
      return false;
    out.limits.push_back({static_cast<PowerLimit::Unit>(from.unit), from.phases, from.value});
  }
  for (int i = 0; i < head.repairs; ++i) {
    RepairBytes from;
    if (!take(saved, from) || from.connector < 1 || from.connector > head.connectors || from.in_us < 0 ||
        from.in_us > to_us(std::chrono::hours(24 * 366)))
      return false;
    out.repairs.push_back({.connector = from.connector,
                           .codes = FaultSet::of(from.codes),
                           .at = at.now + std::chrono::microseconds(from.in_us)});
  }
  if (head.rates == 0) return true;
  RatesBytes from;
  if (!take(saved, from)) return false;
  out.tariff = rates_of(from);
  return out.tariff.has_value();
}

}  // namespace

std::size_t Station::state_bytes(int connectors) {
  // At most one reservation and one repair a connector: may_reserve(), Orders::repairs.
  return sizeof(StationBytes) + sizeof(LimitBytes) + sizeof(RatesBytes) +
         static_cast<std::size_t>(connectors) *
             (sizeof(ConnectorBytes) + sizeof(VisitBytes) + sizeof(ReservationBytes) + sizeof(LimitBytes) +
              sizeof(RepairBytes));
}

std::size_t Station::save(const Moment& at, const Settings& settings, std::uint32_t boot,
                          std::span<std::byte> out) const {
  std::size_t size = 0;
  const auto put = [&](const auto& what) {
    if (out.size() - size < sizeof what) return false;
    std::memcpy(out.data() + size, &what, sizeof what);
    size += sizeof what;
    return true;
  };
  StationBytes head;
  head.connectors = count_;
  head.supply = static_cast<std::uint8_t>(kind_);
  head.phases = phases_;
  head.faults = faults_.bits();
  head.overheated = overheated_ ? 1 : 0;
  head.driver_draws = static_cast<std::uint32_t>(draws_of(drivers_));
  head.arrival_draws = arrivals_.draws();
  head.next_arrival_us = arrivals_.next() == kNever ? 0 : std::min(to_us(at.wall_at(arrivals_.next())), kFar);
  head.booted_us = booted() ? to_us(at.wall_at(booted_)) : 0;
  head.temperature_mc =
      static_cast<std::int32_t>(std::lround(thermal_.temperature_c(at.now, settings.thermal) * 1000));
  head.target_mc = static_cast<std::int32_t>(std::lround(thermal_.target_c() * 1000));
  head.arrived = arrived_;
  head.reservations = static_cast<std::uint8_t>(orders().reservations.size());
  head.limits = static_cast<std::uint8_t>(orders().limits.size());
  head.repairs = static_cast<std::uint8_t>(orders().repairs.size());
  head.rates = orders().tariff ? 1 : 0;
  if (!put(head)) return 0;
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    const Connector& from = connector(n);
    const bool ending = n == ending_;
    const bool gone = ending && (ending_by_ == ConnectorEvent::unplug || !from.plugged());
    ConnectorStatus status = from.status;
    if (ending) status = step(status, ending_by_).value_or(status);
    if (ending && from.disabled) status = step(status, ConnectorEvent::disable).value_or(status);
    ConnectorBytes to;
    to.register_uwh = from.meter.register_uwh(since_step(at.now));
    to.sessions = from.sessions;
    to.faults = from.faults.bits();
    to.status = static_cast<std::uint8_t>(status);
    to.flags = static_cast<std::uint8_t>((from.disabled ? kDisabled : 0) |
                                         (from.visit != nullptr && !gone ? kVisited : 0));
    if (!put(to)) return 0;
    if ((to.flags & kVisited) == 0) continue;
    VisitBytes visit = bytes_of(*from.visit, at, boot);
    if (from.active()) {
      visit.booked[static_cast<std::size_t>(period_)] +=
          static_cast<std::uint32_t>(energy(n, at.now) - from.meter.register_tenths(Duration(0)));
    }
    if (ending) end(visit);
    if (!put(visit)) return 0;
  }
  for (const Reservation& from : orders().reservations) {
    ReservationBytes to;
    to.until_us = std::clamp<std::int64_t>(to_us(at.wall_at(from.until)), 0, kFar);
    to.id = from.id;
    to.connector = static_cast<std::uint32_t>(from.connector);
    put_card(from.card, to.card);
    put_card(from.parent, to.parent);
    if (!put(to)) return 0;
  }
  for (const PowerLimit& from : orders().limits) {
    if (!put(LimitBytes{from.value, static_cast<std::uint8_t>(from.unit), from.phases, 0})) return 0;
  }
  for (const Repair& from : orders().repairs) {
    const std::int64_t in_us = std::max<std::int64_t>(0, to_us(Duration(from.at - at.now)));
    if (!put(RepairBytes{in_us, from.codes.bits(), static_cast<std::uint16_t>(from.connector), 0})) return 0;
  }
  if (orders().tariff && !put(bytes_of(*orders().tariff))) return 0;
  return size;
}

bool Station::restore(const Turn& turn, std::span<const std::byte> saved) {
  StationBytes head;
  if (!take(saved, head) || head.version != kVersion || head.connectors < 1 ||
      head.connectors > kConnectorsMax)
    return false;
  if (head.supply > static_cast<std::uint8_t>(SupplyKind::dc) || head.phases < 1 || head.phases > 3)
    return false;
  if (head.booted_us <= 0 || head.booted_us > kFar) return false;
  if (head.next_arrival_us < 0 || head.next_arrival_us > kFar) return false;
  const Moment& at = turn.at;
  auto fresh = std::make_unique<Connector[]>(head.connectors);
  for (std::size_t i = 0; i < head.connectors; ++i) {
    ConnectorBytes from;
    if (!take(saved, from) || from.status >= kConnectorStatuses || from.register_uwh < 0) return false;
    Connector& to = fresh[i];
    to.meter.resume(from.register_uwh);
    to.sessions = from.sessions;
    to.faults = FaultSet::of(from.faults);
    to.status = static_cast<ConnectorStatus>(from.status);
    to.disabled = (from.flags & kDisabled) != 0;
    if ((from.flags & kVisited) == 0) {
      if (in_session(to.status)) return false;
      continue;
    }
    VisitBytes visit;
    if (!take(saved, visit) || !sound(visit, from)) return false;
    to.visit = std::make_unique<Visit>(visit_of(visit, at, turn.settings.vehicles.size()));
  }
  Orders orders;
  if (head.reservations > head.connectors || head.limits > head.connectors + 1 ||
      head.repairs > head.connectors || !take_orders(saved, head, at, orders) || !saved.empty())
    return false;

  connectors_ = std::move(fresh);
  count_ = head.connectors;
  kind_ = static_cast<SupplyKind>(head.supply);
  phases_ = head.phases;
  faults_ = FaultSet::of(head.faults);
  overheated_ = head.overheated != 0;
  orders_ = orders.empty() ? nullptr : std::make_unique<Orders>(std::move(orders));
  arrived_ = head.arrived;
  drivers_ = after_draws(drivers_, head.driver_draws);
  thermal_.resume(at.now, static_cast<float>(head.temperature_mc / 1000.0),
                  static_cast<float>(head.target_mc / 1000.0));
  const auto ago = [&](std::int64_t us) {
    return at.now + Duration(WallTime(std::chrono::microseconds(us)) - at.wall);
  };
  booted_ = std::min(at.now, ago(head.booted_us));
  arrivals_.resume(head.arrival_draws, head.next_arrival_us == 0 ? kNever : ago(head.next_arrival_us));
  const bool passed = arrivals_.next() <= at.now;
  if (passed || (arrivals_.next() == kNever && turn.settings.arrivals.per_day > 0))
    arrivals_.draw_next(at, at.now, turn.settings.arrivals, turn.settings.tariff.utc_offset_min);
  for (Connector& each : all()) {
    rest(turn.settings, each);
    if (!each.plugged()) continue;
    Visit& visit = *each.visit;
    // It died between a report and what follows it: the driver's next deed is not planned yet.
    const bool waits =
        each.status == ConnectorStatus::finishing || each.status == ConnectorStatus::suspended_ev;
    if (visit.authorized && each.status == ConnectorStatus::preparing) visit.act_at = at.now;
    if (visit.driver && waits && visit.act_at == kNever)
      visit.act_at = at.now + turn.settings.arrivals.leave_after;
  }
  // The first look plans the rest: until then nothing flows.
  step_at_ = due_ = wake_ = at.now;
  return true;
}

}  // namespace vfleet::pile
