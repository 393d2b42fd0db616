// What the platform orders of a station: reservations, limits, rates; and what is repaired by itself.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "devices/charging_pile/model/station.h"

namespace vfleet::pile {

const Orders& Station::orders() const {
  static const Orders kNone;
  return orders_ != nullptr ? *orders_ : kNone;
}

Orders& Station::make_orders() {
  if (orders_ == nullptr) orders_ = std::make_unique<Orders>();
  return *orders_;
}

void Station::drop_empty_orders() {
  if (orders_ != nullptr && orders_->empty()) orders_.reset();
}

int Station::free_connectors(ConnectorNumber except) const {
  int free = 0;
  for (ConnectorNumber n = 1; n <= count_; ++n) {
    free += n != except && connector(n).visit == nullptr && connector(n).status == ConnectorStatus::available;
  }
  return free;
}

const Reservation* Station::reservation_for(ConnectorNumber number, std::string_view card,
                                            std::string_view parent) const {
  const Reservation* own = orders().reservation_of(number);
  if (own != nullptr) return own->admits(card, parent) ? own : nullptr;
  for (const Reservation& each : orders().reservations) {
    if (each.connector == 0 && each.admits(card, parent)) return &each;
  }
  return nullptr;
}

Reserved Station::may_reserve(const Reservation& wish, TimePoint now) const {
  if (wish.connector < 0 || wish.connector > count_ || wish.card.view().empty() || wish.until <= now)
    return Reserved::rejected;
  const auto& present = orders().reservations;
  const auto same = std::find_if(present.begin(), present.end(),
                                 [&](const Reservation& each) { return each.id == wish.id; });
  const bool replaces = same != present.end();
  if (replaces && same->connector == wish.connector) return Reserved::accepted;
  // What the reservation that is replaced keeps is free for this one.
  int free = free_connectors(0);
  int any = orders().of_any_connector();
  if (replaces && same->connector > 0) free += connector(same->connector).status == ConnectorStatus::reserved;
  if (replaces && same->connector == 0) --any;
  if (wish.connector > 0) {
    const Connector& it = connector(wish.connector);
    if (it.status == ConnectorStatus::faulted) return Reserved::faulted;
    if (it.status == ConnectorStatus::unavailable) return Reserved::unavailable;
    if (it.status != ConnectorStatus::available || it.visit != nullptr) return Reserved::occupied;
  }
  if (free > any) return Reserved::accepted;
  const auto none_but = [&](ConnectorStatus status) {
    return std::all_of(all().begin(), all().end(), [&](const Connector& it) { return it.status == status; });
  };
  if (none_but(ConnectorStatus::faulted)) return Reserved::faulted;
  if (none_but(ConnectorStatus::unavailable)) return Reserved::unavailable;
  return Reserved::occupied;
}

Reserved Station::reserve(const Turn& turn, const Reservation& wish) {
  const TimePoint now = turn.at.now;
  if (const Reserved outcome = may_reserve(wish, now); outcome != Reserved::accepted) return outcome;
  integrate(now);
  auto& reservations = make_orders().reservations;
  const auto same = std::find_if(reservations.begin(), reservations.end(),
                                 [&](const Reservation& each) { return each.id == wish.id; });
  if (same != reservations.end() && same->connector == wish.connector) {
    *same = wish;
  } else {
    if (same != reservations.end())
      end_reservation(turn, now, static_cast<std::size_t>(same - reservations.begin()));
    make_orders().reservations.push_back(wish);
    if (wish.connector > 0) reclaim(turn, now, wish.connector);
  }
  settle(turn, now);
  return Reserved::accepted;
}

Status Station::may_cancel(std::int32_t reservation) const {
  for (const Reservation& each : orders().reservations) {
    if (each.id == reservation) return {};
  }
  return fail(Errc::rejected, fmt::format("there is no reservation {}", reservation));
}

Status Station::cancel(const Turn& turn, std::int32_t reservation) {
  if (auto ok = may_cancel(reservation); !ok) return ok;
  integrate(turn.at.now);
  const auto& reservations = orders_->reservations;
  for (std::size_t i = 0; i < reservations.size(); ++i) {
    if (reservations[i].id != reservation) continue;
    end_reservation(turn, turn.at.now, i);
    break;
  }
  settle(turn, turn.at.now);
  return {};
}

void Station::end_reservation(const Turn& turn, TimePoint t, std::size_t i) {
  const ConnectorNumber number = orders_->reservations[i].connector;
  orders_->reservations.erase(orders_->reservations.begin() + static_cast<std::ptrdiff_t>(i));
  drop_empty_orders();
  if (number == 0 || at(number).status != ConnectorStatus::reserved) return;
  apply(turn, t, number,
        at(number).plugged() ? ConnectorEvent::release_plugged : ConnectorEvent::release_free);
}

void Station::reclaim(const Turn& turn, TimePoint t, ConnectorNumber number) {
  if (at(number).status != ConnectorStatus::available || at(number).visit != nullptr) return;
  if (orders().reservation_of(number) != nullptr) apply(turn, t, number, ConnectorEvent::reserve);
}

void Station::keep_orders(const Turn& turn, TimePoint t) {
  for (std::size_t i = 0; i < orders().reservations.size();) {
    if (orders().reservations[i].until <= t) {
      end_reservation(turn, t, i);
    } else {
      ++i;
    }
  }
  for (std::size_t i = 0; i < orders().repairs.size();) {
    const Repair repair = orders_->repairs[i];
    if (repair.at > t) {
      ++i;
      continue;
    }
    orders_->repairs.erase(orders_->repairs.begin() + static_cast<std::ptrdiff_t>(i));
    drop_empty_orders();
    for (int code = 0; code < kFaultCodes; ++code) {
      if (repair.codes.has(static_cast<FaultCode>(code)))
        clear_fault(turn, t, repair.connector, static_cast<FaultCode>(code));
    }
  }
}

Status Station::limit(const Turn& turn, ConnectorNumber number, PowerLimit limit) {
  if (auto ok = may_raise(number); !ok) return ok;
  if (!std::isfinite(limit.value) || limit.value < 0 || limit.phases > 3) {
    return fail(Errc::invalid_argument, "a limit is 0 or more, on 1 to 3 phases");
  }
  if (orders().limit(number) == limit) return {};
  integrate(turn.at.now);
  auto& limits = make_orders().limits;
  if (limits.size() <= static_cast<std::size_t>(number)) limits.resize(static_cast<std::size_t>(number) + 1);
  limits[static_cast<std::size_t>(number)] = limit;
  while (!limits.empty() && limits.back() == PowerLimit{}) limits.pop_back();
  drop_empty_orders();
  settle(turn, turn.at.now);
  return {};
}

void Station::set_rates(const Turn& turn, const std::optional<RateTable>& rates) {
  if (orders().tariff == rates) return;
  integrate(turn.at.now);
  make_orders().tariff = rates;
  drop_empty_orders();
  settle(turn, turn.at.now);
}

}  // namespace vfleet::pile
