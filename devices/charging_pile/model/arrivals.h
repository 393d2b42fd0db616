#pragma once

#include <optional>
#include <string>
#include <vector>

#include "devices/charging_pile/model/faults.h"
#include "devices/charging_pile/model/moment.h"
#include "devices/charging_pile/model/session.h"
#include "devices/charging_pile/model/tag_pool.h"
#include "simulator/core/random_state.h"

namespace vfleet::pile {

struct ArrivalsConfig {
  double per_day = 0;  ///< mean number of vehicles a day and pile; 0: nobody comes by themselves
  std::vector<double> hour_weights;  ///< 24 relative rates by hour of the day; empty: the same all day
  Duration swipe_after{0};           ///< mean time between the cable and the card
  Duration leave_after{0};           ///< mean time between the end of the session and the cable out
  double target_soc_min = 0.8;       ///< at which drivers stop, drawn for each
  double target_soc_max = 1.0;

  std::vector<std::string> tags;  ///< whose cards come; empty: any number of eight digits
  TagDistribution tag_distribution = TagDistribution::uniform;
  double zipf_exponent = 1;
  std::vector<std::string> invalid_tags;
  double invalid_share = 0;  ///< of the drivers that hold an invalid card, 0..1
  double start_share = 1;    ///< that start a session at all; the others plug in and leave
  double local_share = 0;    ///< that start at the pile without a card
  double unplug_share = 0;   ///< that pull the cable in the session
  Duration unplug_after{0};  ///< mean time until they do
  double fault_share = 0;    ///< of the sessions in which the connector breaks
  Duration fault_after{0};   ///< mean time until it does
  Duration repair_after{0};  ///< mean time until somebody clears that

  /// Made of the texts by finish(). What is no pool stays empty: the check tells.
  TagPool pool;
  TagPool invalid_pool;
  void finish();

  /// Whether vehicles come at the same times.
  [[nodiscard]] bool same_rate(const ArrivalsConfig& other) const {
    return per_day == other.per_day && hour_weights == other.hour_weights;
  }
};

/// Who comes. Drawn when the vehicle arrives, from its number alone: what somebody changes later, or draws
/// elsewhere, does not alter it.
struct DriverHabits {
  bool starts = true;
  StartedBy starts_by = StartedBy::card;
  CardNumber card;  ///< empty: not from a pool
};
[[nodiscard]] DriverHabits draw_habits(Random random, const ArrivalsConfig& config);

/// What happens in a session by itself. Drawn when it begins, in the same manner.
struct SessionFate {
  std::optional<Duration> unplugged_after;
  std::optional<Duration> broken_after;
  FaultCode fault = FaultCode::other_error;
};
[[nodiscard]] SessionFate draw_fate(Random random, const ArrivalsConfig& config);

/// When does the next vehicle come? A Poisson process whose rate follows the hour of the day.
class Arrivals {
 public:
  Arrivals(std::uint64_t seed, std::uint64_t identity) : random_(seed, identity, "arrivals") {}

  /// Draws the arrival after `after`.
  void draw_next(const Moment& at, TimePoint after, const ArrivalsConfig& config,
                 std::int32_t utc_offset_min);
  /// kNever when nobody comes.
  [[nodiscard]] TimePoint next() const { return next_; }

  [[nodiscard]] std::uint32_t draws() const { return static_cast<std::uint32_t>(draws_of(random_)); }
  /// Goes on where another life stood.
  void resume(std::uint32_t draws, TimePoint next) {
    random_ = after_draws(random_, draws);
    next_ = next;
  }

 private:
  Random random_;
  TimePoint next_ = kNever;
};

}  // namespace vfleet::pile
