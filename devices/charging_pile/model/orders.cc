#include "devices/charging_pile/model/orders.h"

#include <algorithm>

namespace vfleet::pile {

std::string_view to_string(Reserved outcome) {
  switch (outcome) {
    case Reserved::accepted:
      return "accepted";
    case Reserved::faulted:
      return "faulted";
    case Reserved::occupied:
      return "occupied";
    case Reserved::rejected:
      return "rejected";
    case Reserved::unavailable:
      return "unavailable";
  }
  return "unknown";
}

const Reservation* Orders::reservation_of(int connector) const {
  const auto at = std::find_if(reservations.begin(), reservations.end(),
                               [&](const Reservation& each) { return each.connector == connector; });
  return at == reservations.end() ? nullptr : &*at;
}

int Orders::of_any_connector() const {
  return static_cast<int>(std::count_if(reservations.begin(), reservations.end(),
                                        [](const Reservation& each) { return each.connector == 0; }));
}

const Repair* Orders::repair_of(int connector) const {
  const auto at = std::find_if(repairs.begin(), repairs.end(),
                               [&](const Repair& each) { return each.connector == connector; });
  return at == repairs.end() ? nullptr : &*at;
}

TimePoint Orders::next() const {
  TimePoint next = kNever;
  for (const Reservation& each : reservations) next = std::min(next, each.until);
  for (const Repair& each : repairs) next = std::min(next, each.at);
  return next;
}

}  // namespace vfleet::pile
