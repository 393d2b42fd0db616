#pragma once

#include <vector>

#include "devices/charging_pile/model/moment.h"
#include "simulator/core/random_state.h"

namespace vfleet::pile {

struct ArrivalsConfig {
  double per_day = 0;  ///< mean number of vehicles a day and pile; 0: nobody comes by themselves
  std::vector<double> hour_weights;  ///< 24 relative rates by hour of the day; empty: the same all day
  Duration swipe_after{0};           ///< mean time between the cable and the card
  Duration leave_after{0};           ///< mean time between the end of the session and the cable out
  double target_soc_min = 0.8;       ///< at which drivers stop, drawn for each
  double target_soc_max = 1.0;

  friend bool operator==(const ArrivalsConfig&, const ArrivalsConfig&) = default;
};

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
