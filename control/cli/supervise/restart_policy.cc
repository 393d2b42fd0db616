#include "control/cli/supervise/restart_policy.h"

#include <algorithm>

namespace vfleet::cli {

std::optional<Duration> RestartPolicy::died(TimePoint now) {
  while (!deaths_.empty() && now - deaths_.front() >= kWindow) deaths_.pop_front();
  deaths_.push_back(now);
  if (deaths_.size() > kDeathsMax) return std::nullopt;
  const Duration delay = kFirst * (std::int64_t{1} << (deaths_.size() - 1));
  return std::min<Duration>(delay, kLongest);
}

}  // namespace vfleet::cli
