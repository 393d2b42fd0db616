// What of a station survives its process.
#include <cmath>
#include <cstring>
#include <limits>

#include "devices/charging_pile/model/station.h"
#include "simulator/core/random_state.h"

namespace vfleet::pile {
namespace {

constexpr std::uint8_t kVersion = 1;

struct StationBytes {
  std::uint8_t version = kVersion;
  std::uint8_t connectors = 0;
  std::uint8_t supply = 0;
  std::uint8_t phases = 1;
  std::uint16_t faults = 0;
  std::uint8_t overheated = 0;
  std::uint8_t spare = 0;
  std::uint32_t driver_draws = 0;
  std::uint32_t arrival_draws = 0;
  std::int64_t next_arrival_us = 0;  // wall clock of the model; 0: nobody comes
  std::int64_t booted_us = 0;
  std::int32_t temperature_mc = 0;
  std::int32_t target_mc = 0;
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
  std::int64_t act_in_us = -1;  // from now; -1: never
  std::array<std::uint32_t, kPeriods> booked{};
  std::array<char, CardNumber::kMax> card{};
  std::uint32_t battery_mwh = 0;
  std::uint32_t start_mwh = 0;
  std::uint32_t max_power_mw = 0;
  std::uint32_t energy_limit_mwh = 0;
  std::uint32_t boot = 0;
  std::uint16_t pack_voltage_v = 0;
  std::uint16_t target_permille = 0;
  std::uint8_t taper_percent = 0;
  std::uint8_t phases = 0;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;  // kPlugged ..
  std::uint8_t started_by = 0;
  std::array<std::uint8_t, 3> spare{};
};

static_assert(sizeof(StationBytes) == 40 && sizeof(ConnectorBytes) == 16 && sizeof(VisitBytes) == 104);
static_assert(kConnectorsMax <= UINT8_MAX);

constexpr std::uint8_t kDisabled = 1;
constexpr std::uint8_t kVisited = 2;
constexpr std::uint8_t kPlugged = 1;
constexpr std::uint8_t kDriver = 2;
constexpr std::uint8_t kAuthorized = 4;
constexpr std::uint8_t kActive = 8;

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
  out.act_in_us =
      visit.act_at == kNever ? -1 : std::max<std::int64_t>(0, to_us(Duration(visit.act_at - at.now)));
  out.flags = static_cast<std::uint8_t>((visit.plugged ? kPlugged : 0) | (visit.driver ? kDriver : 0) |
                                        (visit.authorized ? kAuthorized : 0) | (visit.active ? kActive : 0));
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
  visit.flags &= static_cast<std::uint8_t>(~kActive);
  visit.started_by = static_cast<std::uint8_t>(StartedBy::nobody);
  visit.target_permille = 0;
  visit.energy_limit_mwh = 0;
  visit.card = {};
}

bool sound(const VisitBytes& visit, const ConnectorBytes& connector) {
  const bool active = (visit.flags & kActive) != 0;
  const bool plugged = (visit.flags & kPlugged) != 0;
  if (active != in_session(static_cast<ConnectorStatus>(connector.status)) || (active && !plugged))
    return false;
  if (plugged && (visit.battery_mwh == 0 || visit.phases == 0 || visit.phases > 3)) return false;
  return visit.started_by <= static_cast<std::uint8_t>(StartedBy::cable) && visit.act_in_us >= -1 &&
         visit.act_in_us < to_us(std::chrono::hours(24 * 366)) && visit.plug_register_uwh >= 0 &&
         visit.start_register_uwh >= 0 && visit.started_us >= 0;
}

Visit visit_of(const VisitBytes& from, const Moment& at, std::size_t vehicles) {
  Visit visit;
  visit.vehicle = {.battery_wh = from_thousandths(from.battery_mwh),
                   .start_wh = from_thousandths(from.start_mwh),
                   .max_power_w = from_thousandths(from.max_power_mw),
                   .pack_voltage_v = from.pack_voltage_v,
                   .taper_percent = from.taper_percent,
                   .phases = from.phases,
                   .kind = from.kind < vehicles ? from.kind : Vehicle::kUnknownKind};
  visit.plugged = (from.flags & kPlugged) != 0;
  visit.driver = (from.flags & kDriver) != 0;
  visit.authorized = (from.flags & kAuthorized) != 0;
  visit.active = (from.flags & kActive) != 0;
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

}  // namespace

std::size_t Station::state_bytes(int connectors) {
  return sizeof(StationBytes) +
         static_cast<std::size_t>(connectors) * (sizeof(ConnectorBytes) + sizeof(VisitBytes));
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
  head.next_arrival_us = arrivals_.next() == kNever ? 0 : to_us(at.wall_at(arrivals_.next()));
  head.booted_us = booted() ? to_us(at.wall_at(booted_)) : 0;
  head.temperature_mc =
      static_cast<std::int32_t>(std::lround(thermal_.temperature_c(at.now, settings.thermal) * 1000));
  head.target_mc = static_cast<std::int32_t>(std::lround(thermal_.target_c() * 1000));
  if (!put(head)) return 0;
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    const Connector& from = connector(n);
    const bool ending = n == ending_;
    const bool gone = ending && ending_by_ == ConnectorEvent::unplug;
    ConnectorBytes to;
    to.register_uwh = from.meter.register_uwh(since_step(at.now));
    to.sessions = from.sessions;
    to.faults = from.faults.bits();
    to.status =
        static_cast<std::uint8_t>(ending ? step(from.status, ending_by_).value_or(from.status) : from.status);
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
  return size;
}

bool Station::restore(const Turn& turn, std::span<const std::byte> saved) {
  StationBytes head;
  if (!take(saved, head) || head.version != kVersion || head.connectors < 1 ||
      head.connectors > kConnectorsMax)
    return false;
  if (head.supply > static_cast<std::uint8_t>(SupplyKind::dc) || head.phases < 1 || head.phases > 3)
    return false;
  if (head.booted_us <= 0 || head.next_arrival_us < 0) return false;
  const Moment& at = turn.at;
  auto fresh = std::make_unique<Connector[]>(head.connectors);
  for (std::size_t i = 0; i < head.connectors; ++i) {
    ConnectorBytes from;
    if (!take(saved, from) || from.status > static_cast<std::uint8_t>(ConnectorStatus::unavailable) ||
        from.register_uwh < 0)
      return false;
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
  if (!saved.empty()) return false;

  connectors_ = std::move(fresh);
  count_ = head.connectors;
  kind_ = static_cast<SupplyKind>(head.supply);
  phases_ = head.phases;
  faults_ = FaultSet::of(head.faults);
  overheated_ = head.overheated != 0;
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
