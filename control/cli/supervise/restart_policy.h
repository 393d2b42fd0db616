#pragma once

#include <deque>
#include <optional>

#include "simulator/core/time.h"

namespace vfleet::cli {

/// How soon a worker that died starts again, and when to stop trying. Times come from the caller.
class RestartPolicy {
 public:
  static constexpr Duration kFirst = std::chrono::seconds(1);  ///< doubles with each death ...
  static constexpr Duration kLongest = std::chrono::seconds(30);
  static constexpr Duration kWindow = std::chrono::minutes(1);  ///< ... within this time
  static constexpr std::size_t kDeathsMax = 5;                  ///< in the window

  /// The worker died at `now`: how long to wait before it starts again; nullopt when it died too often.
  [[nodiscard]] std::optional<Duration> died(TimePoint now);

 private:
  std::deque<TimePoint> deaths_;  // within the window
};

}  // namespace vfleet::cli
