#include "devices/charging_pile/model/arrivals.h"

#include <algorithm>
#include <array>

#include "devices/charging_pile/model/settings.h"

namespace vfleet::pile {
namespace {

/// What breaks during a session.
constexpr std::array kMishaps{FaultCode::ground_fault,         FaultCode::over_current,
                              FaultCode::over_voltage,         FaultCode::ev_communication_error,
                              FaultCode::power_switch_failure, FaultCode::insulation_fault};

Duration after(Random& random, Duration mean) {
  return std::chrono::microseconds(
      static_cast<std::int64_t>(random.exponential(static_cast<double>(to_us(mean)))) + 1);
}

}  // namespace

void ArrivalsConfig::finish() {
  pool = TagPool::parse(tags).value_or(TagPool());
  invalid_pool = TagPool::parse(invalid_tags).value_or(TagPool());
}

// Each draws the same number of times whatever the shares are: one does not shift the other.
DriverHabits draw_habits(Random random, const ArrivalsConfig& config) {
  const bool local = random.chance(config.local_share);
  const bool invalid = random.chance(config.invalid_share);
  DriverHabits habits;
  habits.starts = random.chance(config.start_share);
  if (local) {
    habits.starts_by = StartedBy::local;
    return habits;
  }
  const TagPool& pool = invalid ? config.invalid_pool : config.pool;
  if (pool.size() > 0) habits.card = pool.draw(random, config.tag_distribution, config.zipf_exponent);
  return habits;
}

SessionFate draw_fate(Random random, const ArrivalsConfig& config) {
  const bool unplugged = random.chance(config.unplug_share);
  const Duration unplugged_after = after(random, config.unplug_after);
  const bool broken = random.chance(config.fault_share);
  const Duration broken_after = after(random, config.fault_after);
  SessionFate fate;
  fate.fault = kMishaps[random.below(kMishaps.size())];
  if (unplugged) fate.unplugged_after = unplugged_after;
  if (broken) fate.broken_after = broken_after;
  return fate;
}

void Arrivals::draw_next(const Moment& at, TimePoint after, const ArrivalsConfig& config,
                         std::int32_t utc_offset_min) {
  next_ = kNever;
  if (!(config.per_day > 0)) return;
  double mean_weight = 1;
  double top_weight = 1;
  if (!config.hour_weights.empty()) {
    mean_weight = top_weight = 0;
    for (double weight : config.hour_weights) {
      mean_weight += weight / 24;
      top_weight = std::max(top_weight, weight);
    }
  }
  // Thinning: candidates at the rate of the busiest hour, each kept with its own hour's part of that.
  const double mean_gap_s = 86400.0 * mean_weight / (config.per_day * top_weight);
  // Past this nobody waits for them, and times would overflow.
  constexpr Duration kFarthest = std::chrono::hours(24 * 366 * 50);
  TimePoint candidate = after;
  for (int tries = 0; tries < 10'000; ++tries) {
    const double gap_us = random_.exponential(mean_gap_s) * 1e6;
    if (!(gap_us < static_cast<double>(to_us(kFarthest))) || candidate - after > kFarthest) return;
    candidate += std::chrono::microseconds(static_cast<std::int64_t>(gap_us) + 1);
    if (config.hour_weights.empty()) break;
    const auto hour = static_cast<std::size_t>(local_time(at.wall_at(candidate), utc_offset_min).hour);
    if (random_.uniform() * top_weight < config.hour_weights[hour]) break;
  }
  next_ = candidate;
}

void describe_arrivals(config::Struct<Settings>& keys) {
  keys.number(
          "arrivals.per_day", Unit::none, [](auto& c) -> auto& { return c.arrivals.per_day; })
      .initial(0)
      .range(0, 10'000)
      .doc(
          "Mean number of vehicles that come to the pile in a day, as a Poisson process; 0: none come by "
          "themselves. One that finds no free connector drives on.");
  keys.list(
          "arrivals.hour_weights", config::Kind::number, Unit::none,
          [](auto& c) -> auto& { return c.arrivals.hour_weights; })
      .initial({})
      .doc("24 relative rates, one for each hour of the day (local time); empty: the same all day.");
  keys.duration(
          "arrivals.swipe_after", [](auto& c) -> auto& { return c.arrivals.swipe_after; })
      .initial(std::chrono::seconds(20))
      .range(std::chrono::seconds(0), std::chrono::hours(24))
      .doc("Mean time between the cable and the card.");
  keys.duration(
          "arrivals.leave_after", [](auto& c) -> auto& { return c.arrivals.leave_after; })
      .initial(std::chrono::minutes(5))
      .range(std::chrono::seconds(0), std::chrono::hours(24 * 7))
      .doc("Mean time between the end of a session and the cable out.");
  keys.number(
          "arrivals.target_soc_min", Unit::ratio, [](auto& c) -> auto& { return c.arrivals.target_soc_min; })
      .initial(0.8)
      .range(0.01, 1)
      .doc("Lowest state of charge at which a driver is content.");
  keys.number(
          "arrivals.target_soc_max", Unit::ratio, [](auto& c) -> auto& { return c.arrivals.target_soc_max; })
      .initial(1)
      .range(0.01, 1)
      .doc("Highest state of charge at which a driver is content.");
  keys.list(
          "arrivals.tags", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.arrivals.tags; })
      .initial({})
      .doc(
          "The cards of those who come: single ones and ranges, such as [ANNA, \"TAG{0001..2000}\"]; empty: "
          "any "
          "number of eight digits.");
  keys.choice("arrivals.tag_distribution", [](auto& c) -> auto& { return c.arrivals.tag_distribution; },
              {{"uniform", TagDistribution::uniform}, {"zipf", TagDistribution::zipf}})
      .initial(TagDistribution::uniform)
      .doc("Whether every card comes as often, or the first ones again and again.");
  keys.number(
          "arrivals.zipf_exponent", Unit::none, [](auto& c) -> auto& { return c.arrivals.zipf_exponent; })
      .initial(1)
      .range(0.1, 5)
      .doc("With zipf, the i-th card comes in proportion to 1 / i^exponent.");
  keys.list(
          "arrivals.invalid_tags", config::Kind::text, Unit::none,
          [](auto& c) -> auto& { return c.arrivals.invalid_tags; })
      .initial({"INVALID{0001..0100}"})
      .doc("Cards that the platform does not know, written as arrivals.tags.");
  keys.number(
          "arrivals.start_share", Unit::ratio, [](auto& c) -> auto& { return c.arrivals.start_share; })
      .initial(1)
      .range(0, 1)
      .doc("The part of those who come that start a session; the others plug in, wait and drive on.");
  const auto share = [&keys](std::string name, auto get, std::string doc) {
    keys.number("arrivals." + std::move(name), Unit::ratio, get).initial(0).range(0, 1).doc(std::move(doc));
  };
  const auto mean = [&keys](std::string name, auto get, std::string doc) {
    keys.duration("arrivals." + std::move(name), get)
        .initial(std::chrono::minutes(10))
        .range(std::chrono::seconds(0), std::chrono::hours(24 * 7))
        .doc(std::move(doc));
  };
  share(
      "invalid_share", [](auto& c) -> auto& { return c.arrivals.invalid_share; },
      "The part of those who come that hold a card of arrivals.invalid_tags to the reader.");
  share(
      "local_share", [](auto& c) -> auto& { return c.arrivals.local_share; },
      "The part of those who come that start at the pile, without a card.");
  share(
      "unplug_share", [](auto& c) -> auto& { return c.arrivals.unplug_share; },
      "The part of those who come that pull the cable in the session, if it lasts so long. Where "
      "end_on_unplug is false they come back and plug in again.");
  mean(
      "unplug_after", [](auto& c) -> auto& { return c.arrivals.unplug_after; },
      "Mean time from the start of a session to the cable out in it.");
  share(
      "fault_share", [](auto& c) -> auto& { return c.arrivals.fault_share; },
      "The part of sessions of those who come in which the connector breaks, if they last so long.");
  mean(
      "fault_after", [](auto& c) -> auto& { return c.arrivals.fault_after; },
      "Mean time from the start of a session to the fault in it.");
  mean(
      "repair_after", [](auto& c) -> auto& { return c.arrivals.repair_after; },
      "Mean time until somebody clears such a fault.");
  keys.derive([](Settings& c) { c.arrivals.finish(); });
  keys.check([](const Settings& c, std::vector<std::string>& mistakes) {
    const auto judge = [&](const char* path, const std::vector<std::string>& texts) {
      if (auto pool = TagPool::parse(texts); !pool)
        mistakes.push_back(std::string(path) + ": " + pool.error().detail);
    };
    judge("arrivals.tags", c.arrivals.tags);
    judge("arrivals.invalid_tags", c.arrivals.invalid_tags);
    if (c.arrivals.invalid_share > 0 && c.arrivals.invalid_tags.empty()) {
      mistakes.emplace_back("arrivals.invalid_share needs a card in arrivals.invalid_tags");
    }
  });
  keys.check([](const Settings& c, std::vector<std::string>& mistakes) {
    const auto& weights = c.arrivals.hour_weights;
    double total = 0;
    for (double weight : weights) {
      if (!(weight >= 0)) mistakes.emplace_back("arrivals.hour_weights: a weight is 0 or more");
      total += weight;
    }
    if (!weights.empty() && (weights.size() != 24 || !(total > 0))) {
      mistakes.emplace_back("arrivals.hour_weights: 24 weights are needed, one of them above 0");
    }
    if (c.arrivals.target_soc_max < c.arrivals.target_soc_min) {
      mistakes.emplace_back("arrivals.target_soc_max is below arrivals.target_soc_min");
    }
  });
}

}  // namespace vfleet::pile
