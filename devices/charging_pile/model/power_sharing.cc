#include "devices/charging_pile/model/power_sharing.h"

#include <algorithm>
#include <cstdint>

namespace vfleet::pile {

void share_power(double available_w, std::span<double> demand_w) {
  double wanted = 0;
  for (double demand : demand_w) wanted += demand;
  if (wanted <= available_w) return;

  // Water filling: who asks for less than an equal share gets it all; the rest is divided again.
  std::uint64_t open = (std::uint64_t{1} << demand_w.size()) - 1;
  std::size_t count = demand_w.size();
  double left = std::max(available_w, 0.0);
  for (bool settled = true; settled && count > 0;) {
    settled = false;
    const double share = left / static_cast<double>(count);
    for (std::size_t i = 0; i < demand_w.size(); ++i) {
      if ((open >> i & 1) == 0 || demand_w[i] > share) continue;
      open &= ~(std::uint64_t{1} << i);
      left -= demand_w[i];
      --count;
      settled = true;
    }
  }
  for (std::size_t i = 0; i < demand_w.size(); ++i) {
    if ((open >> i & 1) != 0) demand_w[i] = left / static_cast<double>(count);
  }
}

}  // namespace vfleet::pile
