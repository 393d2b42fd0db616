#include "simulator/net/backoff.h"

#include <algorithm>

namespace vfleet::net {

Duration BackoffPolicy::ceiling(unsigned failures) const {
  Duration wait = std::min(first, max);
  for (unsigned i = 1; i < failures && wait < max; ++i) wait = wait > max / 2 ? max : wait * 2;
  return wait;
}

Duration BackoffPolicy::delay(unsigned failures, Random& random) const {
  const auto span = static_cast<std::uint64_t>(ceiling(failures).count());
  return Duration(static_cast<Duration::rep>(random.below(span + 1)));
}

}  // namespace vfleet::net
