#pragma once

#include <span>

namespace vfleet::pile {

/// Divides `available_w` fairly: nobody gets more than they ask for, and what one cannot use is shared by the
/// others. `demand_w[i]` is replaced by what i gets. Never hands out more than there is.
void share_power(double available_w, std::span<double> demand_w);

}  // namespace vfleet::pile
