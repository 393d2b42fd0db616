#include "devices/charging_pile/model/arrivals.h"

#include <algorithm>

#include "devices/charging_pile/model/settings.h"

namespace vfleet::pile {

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
  TimePoint candidate = after;
  for (int tries = 0; tries < 10'000; ++tries) {
    candidate +=
        std::chrono::microseconds(static_cast<std::int64_t>(random_.exponential(mean_gap_s) * 1e6) + 1);
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
