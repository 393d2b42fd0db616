#include "devices/charging_pile/dialects/ocpp16/composite_schedule.h"

#include <algorithm>
#include <cmath>

#include "simulator/codec/ocpp/date_time.h"

namespace vfleet::pile::ocpp16 {

Rating Rating::of(const SupplyConfig& supply, ConnectorNumber connector) {
  Rating out;
  const bool own = connector != 0 && supply.connector_power_w > 0;
  const double connector_w = supply.connector_power_w > 0 ? supply.connector_power_w : supply.rated_power_w;
  out.dc = supply.kind == SupplyKind::dc;
  out.watts = std::min(own ? supply.connector_power_w : supply.rated_power_w, supply.rated_power_w);
  out.phases = out.dc ? 1 : supply.phases;
  out.volts = out.dc ? connector_w / supply.connector_current_a : supply.grid_voltage_v;
  const double by_power = out.to_amperes(out.watts, 0);
  out.amperes = connector != 0 ? std::min(supply.connector_current_a, by_power) : by_power;
  return out;
}

double Rating::to_watts(double amps, int on) const {
  return amps * volts * (on == 0 ? phases : std::min(on, phases));
}

double Rating::to_amperes(double power, int on) const {
  return power / (volts * (on == 0 ? phases : std::min(on, phases)));
}

namespace {

constexpr std::uint32_t kLookAheadMost = 366U * 24 * 3600;

double value_in(RateUnit unit, const ChargingCap& cap, const Rating& rating) {
  const double value = static_cast<double>(cap.limit) / 10;
  if (unit == cap.unit) return value;
  return unit == RateUnit::watts ? rating.to_watts(value, cap.phases) : rating.to_amperes(value, cap.phases);
}

// What holds at one time, and until when at least.
struct Moments {
  SchedulePeriod period;
  WallTime until = WallTime::max();
};

Moments at(const ChargingProfiles* profiles, const Rating& rating, const CompositeWish& wish, RateUnit unit,
           WallTime t) {
  double least = unit == RateUnit::watts ? rating.watts : rating.amperes;
  int phases = rating.phases;
  Moments out;
  const auto consider = [&](const ChargingCap& cap) {
    out.until = std::min(out.until, cap.until);
    if (!cap.any) return;
    const double value = value_in(unit, cap, rating);
    if (value >= least) return;
    least = value;
    phases = cap.phases == 0 ? rating.phases : std::min<int>(cap.phases, rating.phases);
  };
  if (profiles != nullptr) {
    consider(profiles->whole(t));
    if (wish.connector != 0)
      consider(profiles->connector(wish.connector, t, wish.charging_since.value_or(wish.now)));
  }
  out.period.limit = static_cast<std::int32_t>(std::lround(std::min(least, 2e8) * 10));
  out.period.phases = rating.dc ? 0 : static_cast<std::uint8_t>(phases);
  return out;
}

RateUnit unit_of(const ChargingProfiles* profiles, const Rating& rating, const CompositeWish& wish) {
  if (wish.unit) return *wish.unit;
  if (profiles != nullptr) {
    if (wish.connector != 0) {
      const ChargingCap own =
          profiles->connector(wish.connector, wish.now, wish.charging_since.value_or(wish.now));
      if (own.any) return own.unit;
    }
    const ChargingCap whole = profiles->whole(wish.now);
    if (whole.any) return whole.unit;
  }
  return rating.dc ? RateUnit::watts : RateUnit::amperes;
}

}  // namespace

CompositeSchedule compose(const ChargingProfiles* profiles, const Rating& rating,
                          const CompositeWish& asked) {
  CompositeWish wish = asked;
  wish.now = std::chrono::floor<std::chrono::seconds>(asked.now);
  wish.duration_s = std::min(asked.duration_s, kLookAheadMost);
  // A transaction that began within this second shall not begin in it a moment later.
  if (asked.charging_since)
    wish.charging_since = std::chrono::floor<std::chrono::seconds>(*asked.charging_since);
  CompositeSchedule out{.start = wish.now,
                        .duration_s = wish.duration_s,
                        .unit = unit_of(profiles, rating, wish),
                        .periods = {}};
  const WallTime end = wish.now + std::chrono::seconds(wish.duration_s);
  WallTime t = wish.now;
  do {
    const Moments now = at(profiles, rating, wish, out.unit, t);
    const auto start =
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(t - wish.now).count());
    SchedulePeriod period = now.period;
    period.start_s = start;
    const bool same = !out.periods.empty() && out.periods.back().limit == period.limit &&
                      out.periods.back().phases == period.phases;
    if (!same && !out.periods.empty() && out.periods.back().start_s == start) {
      out.periods.back() = period;  // two changes within a second
    } else if (!same && out.periods.size() == std::max<std::size_t>(wish.periods_most, 1)) {
      out.duration_s = start;
      break;
    } else if (!same) {
      out.periods.push_back(period);
    }
    t = now.until;
  } while (t < end);
  return out;
}

void write_composite(codec::json::Writer& writer, ConnectorNumber connector,
                     const CompositeSchedule& schedule) {
  writer.begin_object();
  writer.key("status").text("Accepted");
  writer.key("connectorId").integer(connector);
  writer.key("scheduleStart");
  codec::ocpp::write_date_time(writer, schedule.start);
  writer.key("chargingSchedule").begin_object();
  writer.key("duration").integer(schedule.duration_s);
  writer.key("chargingRateUnit").text(schedule.unit == RateUnit::watts ? "W" : "A");
  writer.key("chargingSchedulePeriod").begin_array();
  for (const SchedulePeriod& each : schedule.periods) {
    writer.begin_object();
    writer.key("startPeriod").integer(each.start_s);
    writer.key("limit").fixed(each.limit, 1);
    if (each.phases != 0) writer.key("numberPhases").integer(each.phases);
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  writer.end_object();
}

}  // namespace vfleet::pile::ocpp16
