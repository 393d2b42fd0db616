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

/// What one connector's profiles let it draw, looked up again only when they may say something else.
struct Part {
  ConnectorNumber connector = 0;
  WallTime charging_since;
  ChargingCap cap;
};

class Composer {
 public:
  Composer(const ChargingProfiles* profiles, const SupplyConfig& supply, const CompositeWish& wish)
      : profiles_(profiles),
        asked_(Rating::of(supply, wish.connector)),
        each_(Rating::of(supply, 1)),
        whole_(wish.connector == 0) {
    const ConnectorNumber first = whole_ ? 1 : wish.connector;
    const ConnectorNumber last = whole_ ? supply.connectors : wish.connector;
    for (ConnectorNumber n = first; n <= last; ++n) {
      const auto i = static_cast<std::size_t>(n);
      const bool runs = i < wish.transactions.size() && wish.transactions[i].has_value();
      // One that begins within this second shall not begin in it a moment later.
      parts_.push_back(
          {n, runs ? std::chrono::floor<std::chrono::seconds>(wish.transactions[i]->begun) : wish.now, {}});
    }
    look(wish.now, /*all=*/true);
    unit_ = wish.unit ? *wish.unit : unit_that_holds();
  }

  [[nodiscard]] RateUnit unit() const { return unit_; }
  /// The next time at which anything may change.
  [[nodiscard]] WallTime until() const {
    WallTime out = station_.until;
    for (const Part& part : parts_) out = std::min(out, part.cap.until);
    return out;
  }
  /// Goes on to until(). False: it has looked at enough.
  bool go_on() {
    if (left_ == 0) return false;
    look(until(), /*all=*/false);
    return true;
  }
  /// Without its start.
  [[nodiscard]] SchedulePeriod now() const {
    Share share = of_parts();
    if (station_.any) share = least(share, station_, asked_);
    return {.start_s = 0,
            .limit = static_cast<std::int32_t>(std::lround(std::min(share.value, 2e8) * 10)),
            .phases = asked_.dc ? std::uint8_t{0} : static_cast<std::uint8_t>(share.phases)};
  }
  /// The highest of those that hold now; 0: none.
  [[nodiscard]] std::int32_t min_rate() const {
    std::int32_t out = in_unit(station_);
    for (const Part& part : parts_) out = std::max(out, in_unit(part.cap));
    return out;
  }

 private:
  struct Share {
    double value = 0;
    int phases = 0;
  };

  void look(WallTime t, bool all) {
    if (profiles_ == nullptr) return;
    const auto due = [&](const ChargingCap& cap) { return all || cap.until <= t; };
    const auto count = [&] { left_ -= std::min(left_, profiles_->size() + 1); };
    if (due(station_)) {
      station_ = profiles_->whole(t);
      count();
    }
    for (Part& part : parts_) {
      if (!due(part.cap)) continue;
      part.cap = profiles_->connector(part.connector, t, part.charging_since);
      count();
    }
  }
  [[nodiscard]] double value_in_unit(const ChargingCap& cap, const Rating& rating) const {
    const double value = static_cast<double>(cap.limit) / 10;
    if (unit_ == cap.unit) return value;
    return unit_ == RateUnit::watts ? rating.to_watts(value, cap.phases)
                                    : rating.to_amperes(value, cap.phases);
  }
  [[nodiscard]] std::int32_t in_unit(const ChargingCap& cap) const {
    return cap.any && cap.unit == unit_ ? cap.min_rate : 0;
  }
  [[nodiscard]] Share least(Share share, const ChargingCap& cap, const Rating& rating) const {
    const double value = value_in_unit(cap, rating);
    if (value >= share.value) return share;
    return {value, cap.phases == 0 ? rating.phases : std::min<int>(cap.phases, rating.phases)};
  }
  // A connector's own, or the sum of all.
  [[nodiscard]] Share of_parts() const {
    Share sum;
    for (const Part& part : parts_) {
      Share one{unit_ == RateUnit::watts ? each_.watts : each_.amperes, each_.phases};
      if (part.cap.any) one = least(one, part.cap, each_);
      sum.value += one.value;
      sum.phases = std::max(sum.phases, one.phases);
    }
    const double rated = unit_ == RateUnit::watts ? asked_.watts : asked_.amperes;
    return sum.value <= rated ? sum : Share{rated, asked_.phases};
  }
  [[nodiscard]] RateUnit unit_that_holds() const {
    if (!whole_ && parts_.front().cap.any) return parts_.front().cap.unit;
    if (station_.any) return station_.unit;
    for (const Part& part : parts_) {
      if (part.cap.any) return part.cap.unit;
    }
    return asked_.dc ? RateUnit::watts : RateUnit::amperes;
  }

  const ChargingProfiles* profiles_;
  Rating asked_;
  Rating each_;
  std::vector<Part> parts_;
  ChargingCap station_;
  // Profiles that are looked at, so that no set of them holds a station up for long.
  std::size_t left_ = 50'000;
  RateUnit unit_ = RateUnit::amperes;
  bool whole_;
};

}  // namespace

CompositeSchedule compose(const ChargingProfiles* profiles, const SupplyConfig& supply,
                          const CompositeWish& asked) {
  CompositeWish wish = asked;
  wish.now = std::chrono::floor<std::chrono::seconds>(asked.now);
  wish.duration_s = std::min(asked.duration_s, kLookAheadMost);
  Composer composer(profiles, supply, wish);
  CompositeSchedule out{.start = wish.now,
                        .duration_s = wish.duration_s,
                        .unit = composer.unit(),
                        .min_rate = composer.min_rate(),
                        .periods = {}};
  const WallTime end = wish.now + std::chrono::seconds(wish.duration_s);
  for (WallTime t = wish.now;;) {
    const auto start =
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(t - wish.now).count());
    SchedulePeriod period = composer.now();
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
    t = composer.until();
    if (t >= end) break;
    if (!composer.go_on()) {
      out.duration_s = static_cast<std::uint32_t>((t - wish.now) / std::chrono::seconds(1));
      break;
    }
  }
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
  if (schedule.min_rate > 0) writer.key("minChargingRate").fixed(schedule.min_rate, 1);
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
