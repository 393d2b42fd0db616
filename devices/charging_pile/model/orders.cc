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

bool Reservation::admits(std::string_view presented, std::string_view its_parent) const {
  const auto same = [](std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
  };
  const bool own = !presented.empty() && same(card.view(), presented);
  return own || (!parent.view().empty() && same(parent.view(), its_parent));
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
